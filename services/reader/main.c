/* jobmill-reader: a foreign document on standard input, JSON on standard output. */
#include "reader/reader.h"

int main(int argc, char **argv)
{
    return reader_main(argc, argv);
}
