// A JavaScript engine that has read its library before it is started.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "quickjs.h"

static JSRuntime *runtime;
static JSContext *context;

static char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (!file) { perror(path); abort(); }
    fseek(file, 0, SEEK_END);
    *length = ftell(file);
    rewind(file);
    char *text = malloc(*length + 1);
    if (fread(text, 1, *length, file) != *length) abort();
    text[*length] = 0;
    fclose(file);
    return text;
}

static int eval(const char *text, size_t length, const char *name, int print) {
    JSValue value = JS_Eval(context, text, length, name, JS_EVAL_TYPE_GLOBAL);
    int failed = JS_IsException(value);
    if (failed) value = JS_GetException(context);
    const char *shown = JS_ToCString(context, value);
    if (failed || print) fprintf(failed ? stderr : stdout, "%s\n", shown ? shown : "?");
    JS_FreeCString(context, shown);
    JS_FreeValue(context, value);
    return failed;
}

static void start(void) {
    size_t length;
    runtime = JS_NewRuntime();
    JS_SetMaxStackSize(runtime, 0);
    context = JS_NewContext(runtime);
    char *text = read_file("/data/prelude.js", &length);
    if (eval(text, length, "/data/prelude.js", 0)) abort();
    free(text);
}

__attribute__((export_name("warm"))) void warm(void) { start(); }

int main(int argc, char **argv) {
    if (!runtime) start();
    for (int i = 1; i < argc; i++)
        if (eval(argv[i], strlen(argv[i]), "argument", 1)) return 1;
    return 0;
}
