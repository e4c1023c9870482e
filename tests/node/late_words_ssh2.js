// Ends one SFTP channel while many of its READs wait, and goes on in another of the same connection: ssh2 still opens the
// window of a channel that it has closed. late_words_ssh2.js HOST PORT KEY PASSWORD NAME, with the name of a large file.
"use strict";
const fs = require("fs");
const { Client } = require("ssh2");

const [host, port, key, , name] = process.argv.slice(2);
const READS = 256;
const SIZE = 32768;

// Calls a function that takes a callback, and waits.
function wait(object, method, ...words) {
  return new Promise((resolve, reject) => {
    object[method](...words, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

async function main() {
  const client = new Client();
  const ended = new Promise((_, reject) => client.on("error", reject));
  await new Promise((resolve) => {
    client.on("ready", resolve);
    client.connect({ host, port: Number(port), username: "alice", privateKey: fs.readFileSync(key) });
  });
  const one = await wait(client, "sftp");
  const other = await wait(client, "sftp");
  const handle = await wait(one, "open", "/" + name, "r");
  const closed = new Promise((resolve) => one.on("close", resolve));
  for (let number = 0; number < READS; number++) {
    one.read(handle, Buffer.alloc(SIZE), 0, SIZE, number * SIZE, () => {
      if (number === 0) one.end();
    });
  }
  await Promise.race([closed, ended]);
  for (let number = 0; number < 50; number++) {
    await Promise.race([wait(other, "stat", "/" + name), ended]);
  }
  client.end();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
