/* Settings of the development stack for a shell that has not loaded them. */
#pragma once

/* When the environment holds no JOBMILL_ variable at all and no --config was given: takes the lines of the file env in
 * run.dir (the one among the given settings words, else the default) into the environment, if there is such a file. So
 * "jobmill status" just works beside "make run". */
void settings_from_stack(char **words, int n);
