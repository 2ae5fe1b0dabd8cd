// Runs a preview1 module in headless Chromium with @bjorn3/browser_wasi_shim as its WASI host. What the program prints
// goes to the page's console, line by line, and from there here.
//
//   node chromium.mjs --shim SHIM/dist --browser PROGRAM [--env NAME=VALUE]... MODULE [ARG]...
//
// The page comes from a server on the loopback interface that lives as long as the run. Standard input is empty.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";

const argv = process.argv.slice(2);
const env = [];
let shim, browser;
for (;;) {
  if (argv[0] === "--shim") shim = argv[1];
  else if (argv[0] === "--browser") browser = argv[1];
  else if (argv[0] === "--env") env.push(argv[1]);
  else break;
  argv.splice(0, 2);
}
const [file, ...args] = argv;

const page = `<!doctype html><title>run</title><script type="module">
import { WASI, File, OpenFile, ConsoleStdout } from "/shim/index.js";
const fds = [
  new OpenFile(new File([])),
  ConsoleStdout.lineBuffered((line) => console.log(line)),
  ConsoleStdout.lineBuffered((line) => console.error(line)),
];
const host = new WASI(${JSON.stringify(["guest", ...args])}, ${JSON.stringify(env)}, fds, { debug: false });
try {
  const module = await WebAssembly.compileStreaming(fetch("/module.wasm"));
  const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: host.wasiImport });
  console.info("exit", host.start(instance));
} catch (error) {
  console.error(String(error.stack ?? error));
  console.info("exit", 134);
}
</script>`;

const types = { html: "text/html", js: "text/javascript", wasm: "application/wasm" };
const server = createServer((request, response) => {
  const path = normalize(request.url);
  let body;
  try {
    if (path === "/") body = page;
    else if (path === "/module.wasm") body = readFileSync(file);
    else if (path.startsWith("/shim/")) body = readFileSync(join(shim, path.slice(6)));
  } catch (error) {
    console.error(`chromium.mjs: ${error}`);
  }
  const type = path === "/" ? "html" : path.split(".").pop();
  response.writeHead(body === undefined ? 404 : 200, { "content-type": types[type] ?? "text/plain" });
  response.end(body);
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));

const profile = mkdtempSync(join(tmpdir(), "chromium-"));
const flags = [
  "--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", `--user-data-dir=${profile}`,
];
// Chromium's sandbox refuses to start as root.
if (process.getuid() === 0) flags.push("--no-sandbox");
const chromium = spawn(browser, [...flags, "about:blank"], { stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"] });
let said = "";
chromium.stderr.on("data", (data) => (said += data));

function end(code, message) {
  if (message) console.error(message);
  chromium.kill("SIGKILL");
  server.close();
  server.closeAllConnections();
  chromium.on("close", () => {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    process.exitCode = code;
  });
}
chromium.on("error", (error) => {
  console.error(`can't start ${browser}: ${error}`);
  process.exit(125);
});
let over = false;
chromium.on("exit", () => {
  if (over) return;
  console.error(`Chromium ended before the program did:\n${said}`);
  process.exit(125);
});

// The developer tools' protocol: JSON messages that end in NUL.
const [toBrowser, fromBrowser] = [chromium.stdio[3], chromium.stdio[4]];
const waiting = new Map();
let last = 0, rest = "";
function ask(method, params = {}, sessionId = undefined) {
  const id = ++last;
  toBrowser.write(JSON.stringify({ id, method, params, sessionId }) + "\0");
  return new Promise((done, failed) => waiting.set(id, { done, failed, method }));
}
fromBrowser.setEncoding("utf8");
fromBrowser.on("data", (data) => {
  const messages = (rest + data).split("\0");
  rest = messages.pop();
  for (const message of messages) receive(JSON.parse(message));
});

function receive({ id, result, error, method, params }) {
  if (id !== undefined) {
    const { done, failed, method } = waiting.get(id);
    waiting.delete(id);
    if (error) failed(new Error(`${method}: ${error.message}`));
    else done(result);
  } else if (method === "Runtime.consoleAPICalled") {
    const text = params.args.map((arg) => arg.value).join(" ");
    if (params.type === "log") process.stdout.write(text + "\n");
    else if (params.type === "error") process.stderr.write(text + "\n");
    else if (params.type === "info" && text.startsWith("exit ")) {
      over = true;
      end(Number(text.slice(5)));
    }
  } else if (method === "Runtime.exceptionThrown") {
    over = true;
    end(125, JSON.stringify(params.exceptionDetails));
  }
}

const { targetId } = await ask("Target.createTarget", { url: "about:blank" });
const { sessionId } = await ask("Target.attachToTarget", { targetId, flatten: true });
await ask("Runtime.enable", {}, sessionId);
await ask("Page.navigate", { url: `http://127.0.0.1:${server.address().port}/` }, sessionId);
