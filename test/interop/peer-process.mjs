// Drives peer.mjs as a child process, as NodePeer.cs does from C#.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const PEER = fileURLToPath(new URL("peer.mjs", import.meta.url));

export class PeerProcess {
  #name;
  #child;
  #events = [];
  #waiters = new Set();
  #log = "";

  constructor(name) {
    this.#name = name;
    this.#child = spawn(process.execPath, [PEER], { stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stderr.on("data", (data) => { this.#log = (this.#log + data).slice(-8000); });
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      this.#events.push(JSON.parse(line));
      this.#wake();
    });
    this.exited = new Promise((resolve) => this.#child.on("exit", resolve));
    void this.exited.then(() => this.#wake());
  }

  send(command) {
    this.#child.stdin.write(`${JSON.stringify(command)}\n`);
  }

  /** The next event of that name that has all the given fields, whatever else comes before it; those it passes over stay. */
  async expect(event, fields = {}, timeoutMs = 10_000) {
    const end = Date.now() + timeoutMs;
    const fits = (seen) => seen.event === event && Object.entries(fields).every(([key, value]) => seen[key] === value);
    for (;;) {
      const index = this.#events.findIndex(fits);
      if (index >= 0) return this.#events.splice(index, 1)[0];
      if (Date.now() >= end || this.#child.exitCode !== null) throw new Error(this.#describe(`no event ${event} ${JSON.stringify(fields)}`));
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, end - Date.now());
        this.#waiters.add(() => { clearTimeout(timer); resolve(); });
      });
    }
  }

  async ask(command, event, fields) {
    this.send(command);
    return await this.expect(event, fields);
  }

  /** The events that have come and nobody has expected, of that name. */
  seen(event) {
    return this.#events.filter((seen) => seen.event === event);
  }

  /** Ends it as its users do: by closing its stdin. */
  async leave() {
    this.#child.stdin.end();
    return await this.exited;
  }

  kill() {
    this.#child.kill("SIGKILL");
  }

  #wake() {
    for (const waiter of this.#waiters) waiter();
    this.#waiters.clear();
  }

  #describe(problem) {
    const events = this.#events.map((event) => JSON.stringify(event).slice(0, 400)).join("\n  ");
    return `${this.#name}: ${problem}\n events so far:\n  ${events}\n log:\n${this.#log}`;
  }
}
