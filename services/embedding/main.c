#include "embedding/embedding.h"

int main(int argc, char **argv)
{
    return worker_main(&embedding_stage, argc, argv);
}
