// Moves a file up and down with ssh2, and does what else an application does with folders.
// round_trip_ssh2.js HOST PORT KEY PASSWORD UP BACK, from the folder with the file.
"use strict";
const fs = require("fs");
const { Client } = require("ssh2");

const [host, port, key, password, up, back] = process.argv.slice(2);
const login = { host, port: Number(port), username: "alice", readyTimeout: 30000 };

function check(what, isSo) {
  if (!isSo) throw new Error(what);
}

// Calls a function that takes a callback, and waits.
function wait(object, method, ...words) {
  return new Promise((resolve, reject) => {
    object[method](...words, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

async function session(options, work) {
  const client = new Client();
  await new Promise((resolve, reject) => {
    client.on("ready", resolve).on("error", reject);
    // A server that asks by keyboard-interactive asks for the password.
    client.on("keyboard-interactive", (_name, _text, _language, _prompts, answer) => answer([password]));
    client.connect({ ...login, ...options });
  });
  try {
    await work(await wait(client, "sftp"));
  } finally {
    client.end();
  }
}

async function main() {
  await session({ privateKey: fs.readFileSync(key) }, async (sftp) => {
    await wait(sftp, "fastPut", up, "/" + up);
    await wait(sftp, "fastGet", "/" + up, back);
    check("the content", fs.readFileSync(up).equals(fs.readFileSync(back)));
    await wait(sftp, "mkdir", "/box");
    await wait(sftp, "rename", "/" + up, "/box/" + up);
    const names = (await wait(sftp, "readdir", "/box")).map((entry) => entry.filename);
    check("the names", names.length === 1 && names[0] === up);
    const stat = await wait(sftp, "stat", "/box/" + up);
    check("the size", stat.size === fs.statSync(up).size && stat.isFile());
    check("the place", (await wait(sftp, "realpath", ".")) === "/");
    // As the draft has it, it sends the link's name first.
    await wait(sftp, "symlink", "/box/" + up, "/link");
    check("the link", (await wait(sftp, "stat", "/link")).size === stat.size);
    await wait(sftp, "unlink", "/link");
    let missing = false;
    await wait(sftp, "stat", "/missing").catch((error) => (missing = error.code === 2));
    check("no such file", missing);
  });
  await session({ password }, (sftp) => wait(sftp, "unlink", "/box/" + up));
  await session({ tryKeyboard: true }, (sftp) => wait(sftp, "rmdir", "/box"));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
