#include "analyzer/analyzer.h"

int main(int argc, char **argv)
{
    return worker_main(&analyzer_stage, argc, argv);
}
