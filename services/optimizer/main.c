#include "optimizer/optimizer.h"

int main(int argc, char **argv)
{
    return worker_main(&optimizer_stage, argc, argv);
}
