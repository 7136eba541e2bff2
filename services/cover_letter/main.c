#include "cover_letter/letter.h"

int main(int argc, char **argv)
{
    return worker_main(&letter_stage, argc, argv);
}
