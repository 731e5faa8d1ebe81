// What runs inside a Node worker: the local counterpart of Lambda's Node runtime client.
// node node_worker.js FD CONFIG. Messages on FD are one line of JSON with "length", then that many bytes.
"use strict";

const dns = require("dns");
const fs = require("fs");
const http = require("http");
const https = require("https");
const net = require("net");
const path = require("path");
const { pathToFileURL } = require("url");
const util = require("util");

const config = JSON.parse(process.argv[3]);
const endpoint = new URL(process.env.AWS_ENDPOINT_URL);
const channel = new net.Socket({ fd: Number(process.argv[2]) });
let requestId = "undefined";

// CDK's custom-resource handlers answer CloudFormation with https.request({hostname, path}) whatever the scheme and port of
// ResponseURL (aws-cdk-lib core/nodejs-entrypoint-handler). The local cloud speaks plain http on its own port.
const secure = https.request;
https.request = (options, callback) =>
  options && options.hostname === endpoint.hostname && !options.port
    ? http.request({ ...options, port: endpoint.port }, callback)
    : secure(options, callback);

// The SDK addresses buckets as BUCKET.localhost, which not every resolver knows (RFC 6761 §6.3 says it is loopback).
const lookup = dns.lookup;
dns.lookup = (name, options, callback) => lookup(/\.localhost$/.test(name) ? "localhost" : name, options, callback);

for (const [name, level] of [["log", "INFO"], ["info", "INFO"], ["warn", "WARN"], ["error", "ERROR"], ["debug", "DEBUG"]]) {
  console[name] = (...args) =>
    fs.writeSync(1, `${new Date().toISOString()}\t${requestId}\t${level}\t${util.format(...args)}\n`);
}

function send(ok, body) {
  const bytes = Buffer.from(body);
  const header = { ok, length: bytes.length, max_memory: process.resourceUsage().maxRSS };
  return new Promise((resolve) => channel.write(Buffer.concat([Buffer.from(JSON.stringify(header) + "\n"), bytes]), resolve));
}

function failure(error, type) {
  const isError = error instanceof Error;
  const document = {
    errorType: type || (isError ? error.name : typeof error),
    errorMessage: isError ? error.message : String(error),
    trace: isError ? String(error.stack).split("\n") : [],
  };
  console.error("Invoke Error\t", JSON.stringify(document));
  return JSON.stringify(document);
}

async function loadHandler() {
  const [, modulePath, name] = config.handler.match(/^(.*)\.([^.]+)$/) || [];
  if (!name) throw Object.assign(new Error(`Bad handler '${config.handler}'`), { type: "Runtime.MalformedHandlerName" });
  const file = ["", ".js", ".mjs", ".cjs"].map((end) => path.join(process.cwd(), modulePath + end)).find((f) => fs.existsSync(f) && fs.statSync(f).isFile());
  if (!file) throw Object.assign(new Error(`Cannot find module '${modulePath}'`), { type: "Runtime.ImportModuleError" });
  let loaded;
  try {
    loaded = file.endsWith(".mjs") ? await import(pathToFileURL(file)) : require(file);
  } catch (error) {
    if (error.code === "MODULE_NOT_FOUND") error.type = "Runtime.ImportModuleError";
    if (error instanceof SyntaxError) error.type = "Runtime.UserCodeSyntaxError";
    throw error;
  }
  if (typeof loaded[name] !== "function") {
    throw Object.assign(new Error(`${config.handler} is undefined or not exported`), { type: "Runtime.HandlerNotFound" });
  }
  return loaded[name];
}

function contextOf(request) {
  return {
    awsRequestId: request.id,
    invokedFunctionArn: request.arn,
    functionName: config.name,
    functionVersion: config.version,
    memoryLimitInMB: String(config.memory),
    logGroupName: config.log_group,
    logStreamName: config.log_stream,
    clientContext: request.client_context,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(Math.round(request.deadline * 1000 - Date.now()), 0),
  };
}

async function handle(handler, request, body) {
  requestId = request.id;
  try {
    const result = await new Promise((resolve, reject) => {
      const callback = (error, value) => (error ? reject(error) : resolve(value));
      const returned = handler(JSON.parse(body), contextOf(request), callback);
      if (handler.length < 3 || (returned && typeof returned.then === "function")) resolve(returned);
    });
    const text = JSON.stringify(result === undefined ? null : result);
    await send(true, text);
  } catch (error) {
    await send(false, failure(error));
  }
}

async function main() {
  let handler;
  try {
    handler = await loadHandler();
  } catch (error) {
    await send(false, failure(error, error.type));
    process.exit(0);
  }
  let pending = Buffer.alloc(0);
  channel.on("data", (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    const end = pending.indexOf(10);
    if (end < 0) return;
    const request = JSON.parse(pending.subarray(0, end));
    if (pending.length < end + 1 + request.length) return;
    const body = pending.subarray(end + 1, end + 1 + request.length).toString();
    pending = pending.subarray(end + 1 + request.length);
    handle(handler, request, body);
  });
  channel.on("end", () => process.exit(0));
  await send(true, "");
}

main();
