// Runs a preview1 module on Node's V8 with @bjorn3/browser_wasi_shim as its WASI host.
//
//   node node.mjs --shim SHIM/dist/index.js [--dir HOST::GUEST]... [--env NAME=VALUE]...
//                 [--invoke FUNCTION] [--grow PAGES] MODULE [ARG]...
//
// --dir      a copy of the host directory, in memory
// --invoke   calls that export, as of a reactor, and prints its result
// --grow     adds pages to the program's memory from outside whenever it calls `random_get`
//
// Node's own `node:wasi` is not used: with large programs it crashes at random, bundled or not.
import { readFileSync, readSync, readdirSync, statSync, writeSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const argv = process.argv.slice(2);
const dirs = [], env = [];
let shim, invoke, grow = 0;
for (;;) {
  if (argv[0] === "--shim") shim = argv[1];
  else if (argv[0] === "--dir") dirs.push(argv[1].split("::"));
  else if (argv[0] === "--env") env.push(argv[1]);
  else if (argv[0] === "--invoke") invoke = argv[1];
  else if (argv[0] === "--grow") grow = Number(argv[1]);
  else break;
  argv.splice(0, 2);
}
const [file, ...args] = argv;
const { WASI, Fd, File, Directory, PreopenDirectory, wasi } = await import(pathToFileURL(resolve(shim)).href);

// Standard streams straight to the process's own, so that nothing is lost when the program traps.
class Stream extends Fd {
  constructor(fd) {
    super();
    this.fd = fd;
  }
  fd_fdstat_get() {
    const stat = new wasi.Fdstat(wasi.FILETYPE_CHARACTER_DEVICE, 0);
    stat.fs_rights_base = BigInt(wasi.RIGHTS_FD_READ | wasi.RIGHTS_FD_WRITE);
    return { ret: 0, fdstat: stat };
  }
  fd_filestat_get() {
    return { ret: 0, filestat: new wasi.Filestat(0n, wasi.FILETYPE_CHARACTER_DEVICE, 0n) };
  }
  fd_write(data) {
    for (let done = 0; done < data.length; ) {
      try {
        done += writeSync(this.fd, data, done);
      } catch (error) {
        if (error.code !== "EAGAIN") throw error; // a full pipe: try again
      }
    }
    return { ret: 0, nwritten: data.length };
  }
  fd_read(size) {
    const data = new Uint8Array(size);
    let n = 0;
    try {
      n = readSync(this.fd, data);
    } catch (error) {
      if (error.code !== "EOF") throw error;
    }
    return { ret: 0, data: data.slice(0, n) };
  }
}

function load(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return new File(readFileSync(path));
  return new Directory(readdirSync(path).map((name) => [name, load(join(path, name))]));
}

const fds = [new Stream(0), new Stream(1), new Stream(2)];
for (const [host, guest] of dirs) {
  fds.push(new PreopenDirectory(guest, load(host).contents));
}

const host = new WASI(["guest", ...args], env, fds, { debug: false });
const module = await WebAssembly.compile(readFileSync(file));
// A start function may call the host before the shim knows the instance: give it the memory early.
let instance;
host.inst = { exports: { get memory() { return instance.exports.memory; } } };
instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: host.wasiImport });
let code = 0;
if (grow > 0) {
  const random_get = host.wasiImport.random_get;
  // The shim names no result for success.
  host.wasiImport.random_get = (buf, len) => {
    instance.exports.memory.grow(grow);
    return random_get(buf, len) ?? 0;
  };
}
try {
  if (invoke) {
    host.initialize(instance);
    console.log(instance.exports[invoke]());
  } else code = host.start(instance);
} catch (error) {
  writeSync(2, `${error.stack ?? error}\n`);
  code = 134; // as a shell reports a program that trapped
}
process.exit(code);
