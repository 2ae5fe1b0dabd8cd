// Runs Ruby code in a module of npm's @ruby/*-wasm-wasi, a reactor that needs its makers' glue, on Node's V8.
//
//   node ruby.mjs SHIM/dist/index.js RUBY/dist/index.umd.js MODULE CODE
import { readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [shim, glue, file, code] = process.argv.slice(2);
const { WASI, ConsoleStdout, OpenFile, File } = await import(pathToFileURL(resolve(shim)).href);
console.warn = () => {}; // the glue wants to be taken from another package
const { RubyVM } = createRequire(import.meta.url)(resolve(glue));
const stream = (fd) => new ConsoleStdout((bytes) => writeSync(fd, bytes));
const wasip1 = new WASI(["ruby"], [], [new OpenFile(new File([])), stream(1), stream(2)], { debug: false });
const module = await WebAssembly.compile(readFileSync(file));
const { vm } = await RubyVM.instantiateModule({ wasip1, module });
vm.eval(code);
