#include "pipeline/dispatch/dispatcher.h"

int main(int argc, char **argv)
{
    return dispatcher_main(argc, argv);
}
