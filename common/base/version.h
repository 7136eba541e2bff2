/* The version of everything in this repository. */
#pragma once
#define JOBMILL_VERSION "0.1.0"
