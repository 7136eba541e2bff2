/* Every command: what it takes, one line about it, an example, its function. */
#include "cli/commands.h"

static const struct args_option up_options[] = {
    {"detach", NULL, "Return when everything is ready, leave it running"},
    {"workers", "KIND=N,...", "Processes of each kind; 1 of each that is not named"},
    {"gateways", "N", "Gateway processes (default 1)"},
    {"dispatchers", "N", "Dispatcher processes (default 1; further ones stand by)"},
    {"port", "N", "Port of the API; without it http.port, or a free one when that is taken"},
    {"timeout", "TIME", "With --detach: how long to wait until ready (default 60s)"},
    {NULL, NULL, NULL},
};
static const struct args_option doctor_options[] = {
    {"providers", NULL, "Check the model providers instead: address, certificate, key, model"},
    {"timeout", "TIME", "With --providers: how long each may take (default 15s)"},
    {NULL, NULL, NULL},
};
static const struct args_option cost_options[] = {
    {"max", "MICROUSD", "Set the ceiling of the batch first; 0: none. What waits for it goes on"},
    {NULL, NULL, NULL},
};
static const struct args_option stop_options[] = {
    {"timeout", "TIME", "How long to wait for the end (default 90s)"},
    {NULL, NULL, NULL},
};
static const struct args_option submit_options[] = {
    {"wait", NULL, "Watch until the end, then print the table"},
    {"priority", "WHICH", "interactive or bulk (default bulk)"},
    {"max-cost", "MICROUSD", "Ceiling of what its models may cost; beyond it work is parked"},
    {"timeout", "TIME", "With --wait: give up waiting (exit code 124)"},
    {NULL, NULL, NULL},
};
static const struct args_option watch_options[] = {
    {"timeout", "TIME", "Give up waiting (exit code 124)"},
    {NULL, NULL, NULL},
};
static const struct args_option results_options[] = {
    {"out", "DIR", "Folder for the documents (made if missing)"},
    {"format", "LIST", "Any of pdf,docx,md,txt,json (default all but docx)"},
    {NULL, NULL, NULL},
};
static const struct args_option apply_options[] = {
    {"accept", "LIST", "Operations that are taken (op1,op3); the others are left out"},
    {"reject", "LIST", "Operations that are left out; the others are taken"},
    {NULL, NULL, NULL},
};
static const struct args_option demo_options[] = {
    {"timeout", "TIME", "Give up waiting (exit code 124)"},
    {NULL, NULL, NULL},
};

static const struct args_option score_options[] = {
    {"profile", "P.json", "The résumé: JSON Resume 1.0 (- reads standard input)"},
    {NULL, NULL, NULL},
};
static const struct args_option tailor_options[] = {
    {"profile", "P.json", "The résumé: JSON Resume 1.0 (- reads standard input)"},
    {"strategy", "WHICH", "none, nudge, keywords or full (default full)"},
    {NULL, NULL, NULL},
};
static const struct args_option letter_options[] = {
    {"profile", "P.json", "The résumé: JSON Resume 1.0 (- reads standard input)"},
    {"tone", "WHICH", "formal, direct, conversational or mirror (default direct)"},
    {"length", "WHICH", "short, standard or long (default standard)"},
    {NULL, NULL, NULL},
};
static const struct args_option facts_options[] = {
    {"profile", "P.json", "The résumé: JSON Resume 1.0 (- reads standard input)"},
    {"posting", "FILE", "The posting: never evidence, but sentences about the employer may use its words"},
    {"kind", "WHICH", "letter or resume (default: by what the text looks like)"},
    {NULL, NULL, NULL},
};
static const struct args_option render_options[] = {
    {"format", "WHICH", "pdf, docx, md, txt or json (default: by the name of --out, else txt)"},
    {"out", "FILE", "Write there instead of standard output"},
    {"paper", "WHICH", "a4 or letter (default: by the country of the address)"},
    {"lint", NULL, "Say what a parser or a reader would stumble over instead; nothing is written"},
    {NULL, NULL, NULL},
};

static const struct args_option stub_options[] = {
    {"port", "N", "Port on 127.0.0.1 (default 8090; 0: a free one)"},
    {"processes", "N", "Processes on that port (default 1)"},
    {NULL, NULL, NULL},
};

#define MANY 64

const struct cli_command cli_commands[] = {
    {"submit", "FILE|-|DIR", "Hands in applications",
     "jobmill submit applications.ndjson --wait\ncat more.ndjson | jobmill submit -\njobmill submit samples",
     "FILE holds one application object a line, or a JSON array. DIR holds applications.json (resume, posting, "
     "client_ref, options) with the files it names.",
     submit_options, 1, 1, cmd_submit, "Work"},
    {"watch", "BATCH", "Shows progress until the end", "jobmill watch 0198c1d2-7a10-7c3e-9f00-2b6f8a1c4d5e", NULL,
     watch_options, 1, 1, cmd_watch, "Work"},
    {"results", "BATCH --out DIR", "Writes the documents, one folder per application",
     "jobmill results 0198c1d2-7a10-7c3e-9f00-2b6f8a1c4d5e --out letters --format pdf,docx", NULL, results_options, 1,
     1, cmd_results, "Work"},
    {"show", "APPLICATION|BATCH", "State, score with its reasons, and the letter",
     "jobmill show 0198c1d2-7a11-7f21-8a00-5d0e9b3a7c66", NULL, NULL, 1, 1, cmd_show, "Work"},
    {"apply", "APPLICATION", "Takes some of the changes to its résumé; without an option lists them",
     "jobmill apply 0198c1d2-7a11-7f21-8a00-5d0e9b3a7c66 --reject op3,op5",
     "The choice is among the changes of the generated résumé, which is kept; the last choice counts.", apply_options,
     1, 1, cmd_apply, "Work"},
    {"why", "APPLICATION", "Which gate holds it, and until when", "jobmill why 0198c1d2-7a11-7f21-8a00-5d0e9b3a7c66",
     NULL, NULL, 1, 1, cmd_why, "Work"},
    {"cost", "BATCH", "What its models cost, by stage, and what all of it will",
     "jobmill cost 0198c1d2-7a10-7c3e-9f00-2b6f8a1c4d5e\njobmill cost 0198c1d2-7a10-7c3e-9f00-2b6f8a1c4d5e --max "
     "25000000",
     NULL, cost_options, 1, 1, cmd_cost, "Work"},
    {"demo", "DIR", "Works through a folder of samples and shows what came out", "jobmill demo samples", NULL,
     demo_options, 1, 1, cmd_demo, "Work"},
    {"up", "", "Starts the gateway, the dispatcher and the workers, and keeps them running",
     "jobmill up --detach --workers analyzer=2,optimizer=3",
     "Migrates first. What dies is started again. Logs are in run.dir/log.", up_options, 0, 0, cmd_up, "Operations"},
    {"stop", "", "Ends what jobmill up started; work in flight finishes or is handed back", "jobmill stop", NULL,
     stop_options, 0, 0, cmd_stop, "Operations"},
    {"status", "", "Processes and the services they need", "jobmill status", NULL, NULL, 0, 0, cmd_status,
     "Operations"},
    {"scale", "KIND=N ...", "Starts or ends processes of a kind", "jobmill scale analyzer=3 optimizer=2", NULL, NULL, 1,
     MANY, cmd_scale, "Operations"},
    {"concurrency", "KIND=N ...", "Tasks in flight of a kind or an instance, live", "jobmill concurrency analyzer=64",
     NULL, NULL, 1, MANY, cmd_concurrency, "Operations"},
    {"set", "KIND|INSTANCE KEY VALUE", "Changes a live setting of running processes",
     "jobmill set gateway log.level debug", NULL, NULL, 3, 3, cmd_set, "Operations"},
    {"restart", "[KIND]", "Replaces processes one after the other", "jobmill restart analyzer", NULL, NULL, 0, 1,
     cmd_restart, "Operations"},
    {"migrate", "up|status", "Brings database, topics and development key up to date", "jobmill migrate up", NULL, NULL,
     1, 1, cmd_migrate, "Operations"},
    {"doctor", "", "Checks everything jobmill needs, and says what to do", "jobmill doctor\njobmill doctor --providers",
     "Exit code 1 when something fails. --providers makes one small paid call to each model that is set up, and checks "
     "nothing else.",
     doctor_options, 0, 0, cmd_doctor, "Operations"},
    {"analyze", "POSTING|-", "What a posting asks for", "jobmill analyze posting.html", NULL, NULL, 1, 1, cmd_analyze,
     "Without a server"},
    {"score", "--profile P.json POSTING|-", "How well a résumé fits a posting, with the reasons",
     "jobmill score --profile me.json posting.txt", NULL, score_options, 1, 1, cmd_score, "Without a server"},
    {"tailor", "--profile P.json POSTING|-", "The résumé for a posting, in Markdown",
     "jobmill tailor --profile me.json posting.txt >resume.md", NULL, tailor_options, 1, 1, cmd_tailor,
     "Without a server"},
    {"letter", "--profile P.json POSTING|-", "The cover letter for a posting",
     "jobmill letter --profile me.json --tone formal posting.txt", NULL, letter_options, 1, 1, cmd_letter,
     "Without a server"},
    {"stub-llm", "[NAME=VALUE ...]", "A model provider that costs nothing, to rehearse with",
     "jobmill stub-llm --port 8090 latency=lognormal:900,0.5 fault.rate_limit=0.05 rpm=600",
     "Speaks OpenAI's Chat Completions and Embeddings and Anthropic's Messages. Settings: seed, latency and pace (250, "
     "uniform:5-50, "
     "lognormal:900,0.5; ms), rpm, tpm, concurrency, key, missing_model, no_schema_model, poison, output_tokens, hold, "
     "script=500,ok, fault.NAME=SHARE with NAME of "
     "rate_limit quota bad_key server html unavailable overloaded hang reset truncate bad_json fenced drip refuse "
     "length filter ok_error context "
     "no_usage. GET /admin counts; PUT /admin/settings changes them; POST /admin/reset begins anew.",
     stub_options, 0, MANY, cmd_stub_llm, "Without a server"},
    {"import", "RESUME|-", "A résumé (PDF, DOCX, Markdown, text, JSON Resume, FRESH) as a profile",
     "jobmill import resume.pdf\njobmill import --json resume.docx >me.json",
     "Prints what was understood; notes on what was not go to standard error. --json prints the JSON Resume document, "
     "which --profile and PUT /users/{id}/profile take as it is.",
     NULL, 1, 1, cmd_import, "Without a server"},
    {"facts", "--profile P.json TEXT|-", "Whether a letter or résumé says only what the profile states",
     "jobmill facts --profile me.json --posting posting.txt letter.txt",
     "Exit code 0: everything traces to the profile (or only warnings); 5: something does not.", facts_options, 1, 1,
     cmd_facts, "Without a server"},
    {"render", "[--format F] [--out FILE] RESUME.json|-", "A résumé or letter as PDF, DOCX, Markdown or text",
     "jobmill render --out me.pdf me.json\njobmill tailor --json --profile me.json posting.txt | jobmill render --out "
     "me.docx -",
     "Takes a JSON Resume, or what jobmill tailor --json and jobmill letter --json print.", render_options, 1, 1,
     cmd_render, "Without a server"},
    {.name = NULL},
};
