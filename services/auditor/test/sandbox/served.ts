import type { Tree } from "@aura/shared/models/tree";
import { ADDER, acceptanceTest, treeOf } from "./products.ts";

/** A service that ends as its first argument says, and keeps what it is given in `kept.txt`. */
const SERVICE = `
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

mode = sys.argv[1] if len(sys.argv) > 1 else "good"

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/slow":
            open("asked.txt", "w").close()
            time.sleep(0.5)
        self.reply(open("kept.txt").read() if os.path.exists("kept.txt") else "none")

    def do_PUT(self):
        open("kept.txt", "wb").write(self.rfile.read(int(self.headers["content-length"])))
        self.reply("kept")

    def reply(self, text):
        self.send_response(200)
        self.send_header("x-port", str(self.server.server_port))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


def end_well(*_):
    print("put away", flush=True)
    threading.Thread(target=server.shutdown).start()


def leave_child(*_):
    subprocess.Popen(["/bin/sh", "-c", "while :; do echo x >> alive.txt; sleep 0.02; done"], start_new_session=True)
    while not os.path.exists("alive.txt"):
        time.sleep(0.01)
    os._exit(0)


def leave_server(*_):
    if os.fork() > 0:
        os._exit(0)


if mode == "refuses":
    sys.exit("data.json is damaged")
if mode == "exits":
    sys.exit(0)
if mode == "prints":
    while True:
        print("x" * 1000)
if mode == "hangs":
    time.sleep(60)
server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
server.daemon_threads = False
modes = {"good": end_well, "default": signal.SIG_DFL, "deaf": signal.SIG_IGN, "child": leave_child, "fork": leave_server}
signal.signal(signal.SIGTERM, modes[mode])
signal.signal(signal.SIGINT, signal.SIG_IGN if mode == "deaf" else lambda *_: os._exit(9))
server.serve_forever()
server.server_close()
`;

export const SERVED: Tree = new Map([...ADDER, ...treeOf({ "adder/web.py": SERVICE })]);

/** What a test can do with a service that ends well, and what hostile ones cannot do to it. All of them pass on SERVED. */
export const SERVED_SUITE = [
  acceptanceTest(
    "ends",
    `const { port, base_url } = await product.serve();
assert.equal(base_url, 'http://127.0.0.1:' + port);
assert.equal((await product.http({ path: '/' })).headers['x-port'], String(port));
assert.equal((await product.http({ method: 'PUT', path: '/', body: 'data' })).body, 'kept');
const slow = product.http({ path: '/slow' });
while (await product.read('asked.txt') === null) await new Promise((go) => setTimeout(go, 20));
const [answer, end] = await Promise.all([slow, product.stop({ signal: 'SIGTERM' })]);
assert.equal(answer.body, 'data', 'what was asked before the signal is answered');
assert.deepEqual(end, { exit_code: 0, stdout: 'put away\\n', stderr: '', timed_out: false, ended: 'exit' });
assert.equal(await product.stop(), null);
await product.serve();
assert.equal((await product.http({ path: '/' })).body, 'data', 'kept from the first start to the second');
assert.equal((await product.stop({ signal: 'SIGINT' })).exit_code, 9);`,
    30,
  ),
  acceptanceTest(
    "signals",
    `await product.serve({ args: ['default'] });
const end = await product.stop({ signal: 'SIGTERM' });
assert.deepEqual([end.exit_code, end.ended], [143, 'exit'], 'as a shell says it');
await assert.rejects(product.stop({ signal: 'SIGTERM' }), /needs product.serve/);
await product.serve({ args: ['default'] });
assert.deepEqual((await product.stop()).ended, 'killed');`,
    30,
  ),
  acceptanceTest(
    "refused",
    `const end = await product.serve({ args: ['refuses'], expect: 'end' });
assert.deepEqual(end, { exit_code: 1, stdout: '', stderr: 'data.json is damaged\\n', timed_out: false, ended: 'exit' });
await assert.rejects(product.http({ path: '/' }), /needs product.serve/);
await assert.rejects(product.serve({ args: ['refuses'] }), /did not become ready: it ended/);
await assert.rejects(product.serve({ expect: 'end', timeout_s: 1 }), { name: 'ProductError', message: /did not end within 1 s/ });`,
    30,
  ),
  acceptanceTest(
    "exits",
    `await assert.rejects(product.serve({ args: ['exits'] }), /did not become ready: it ended. exit code 0/);
assert.equal((await product.serve({ args: ['exits'], expect: 'end' })).exit_code, 0);`,
    30,
  ),
  acceptanceTest(
    "prints",
    `const end = await product.serve({ args: ['prints'], expect: 'end' });
assert.deepEqual([end.exit_code, end.ended, end.stdout.length], [null, 'output', 1024 * 1024]);
await assert.rejects(product.serve({ args: ['hangs'], expect: 'end', timeout_s: 0.5 }), /did not end within 0.5 s/);`,
    30,
  ),
  acceptanceTest(
    "deaf",
    `await product.serve({ args: ['deaf'] });
const end = await product.stop({ signal: 'SIGTERM', timeout_s: 0.5 });
assert.deepEqual([end.exit_code, end.timed_out, end.ended], [null, true, 'timeout']);
await assert.rejects(product.http({ path: '/' }), /needs product.serve/);`,
    30,
  ),
  acceptanceTest(
    "leaves",
    `await product.serve({ args: ['child'] });
assert.equal((await product.stop({ signal: 'SIGTERM' })).exit_code, 0);
const before = await product.read('alive.txt');
assert.match(before, /^x/);
await new Promise((go) => setTimeout(go, 300));
assert.equal(await product.read('alive.txt'), before, 'a child outlived the service');
await product.serve({ args: ['fork'] });
assert.equal((await product.stop({ signal: 'SIGTERM' })).exit_code, 0);
await product.serve();
assert.equal((await product.http({ path: '/' })).body, 'none');`,
    30,
  ),
];
