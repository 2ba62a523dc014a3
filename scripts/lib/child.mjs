import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { LauncherError } from './launcher-error.mjs';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const KEPT_OUTPUT = 20_000;

/** A second request to stop counts as impatience only after this; npm repeats each Ctrl-C at once. */
const IMPATIENT_AFTER_MS = 3_000;
const PARENT_POLL_MS = 500;

/**
 * npm runs us below a shell. A SIGTERM to npm ends that shell, which tells nobody: all that is left to see is that our
 * parent is another one than before.
 */
function onParentGone(stop) {
  if (process.env.npm_lifecycle_event === undefined) return () => {};
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) stop('SIGTERM');
  }, PARENT_POLL_MS);
  return () => clearInterval(timer);
}

/** Calls `stop` with the first stop signal, and with SIGKILL on an impatient repeat. Returns how to end that. */
function onStopSignals(stop) {
  let firstAt = null;
  const handlers = FORWARDED.map((signal) => {
    const handler = () => {
      if (firstAt === null) {
        firstAt = Date.now();
        stop(signal);
      } else if (Date.now() - firstAt > IMPATIENT_AFTER_MS) {
        stop('SIGKILL');
      }
    };
    process.on(signal, handler);
    return [signal, handler];
  });
  const endWatch = onParentGone((signal) => {
    if (firstAt !== null) return;
    firstAt = Date.now();
    stop(signal);
  });
  return () => {
    endWatch();
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}

/** Signals the child and, where it leads a process group, everything that it has started. */
function signalGroup(child, signal) {
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
  } catch {
    child.kill(signal);
  }
}

/**
 * Runs a tool to its end and keeps what it said. It leads a process group of its own, so that stopping it stops what it
 * has started, too.
 * @param {(pid: number) => void} onStart is told the group's id
 * @returns {Promise<{ code: number, output: string }>} `code` is 128 + n when signal n ended it, 127 when it could not start.
 */
export function runTool(command, args, options, onStart = () => {}) {
  return new Promise((resolve, reject) => {
    const detached = process.platform !== 'win32';
    const child = spawn(command, args, { ...options, detached, stdio: ['ignore', 'pipe', 'pipe'] });
    if (child.pid !== undefined) onStart(child.pid);
    let output = '';
    let stopped = null;
    const stopListening = onStopSignals((signal) => {
      stopped = signal;
      signalGroup(child, signal);
    });
    const keep = (chunk) => {
      output = (output + chunk).slice(-KEPT_OUTPUT);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => {
      stopListening();
      resolve({ code: 127, output: error.message });
    });
    child.on('close', (code, signal) => {
      stopListening();
      if (stopped === null) resolve({ code: exitCodeOf(code, signal), output });
      else reject(new LauncherError('Stopped before it was ready.', exitCodeOf(null, stopped)));
    });
  });
}

/**
 * Runs what the user asked for, on the user's own terminal, until it ends.
 * @returns {Promise<number>} its exit code; 0 when it ended by the very signal that was passed on to it.
 */
export function runForeground(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    let asked = null;
    const stopForwarding = onStopSignals((signal) => {
      asked = signal;
      child.kill(signal);
    });
    child.on('error', (error) => {
      stopForwarding();
      reject(error);
    });
    child.on('exit', (code, signal) => {
      stopForwarding();
      resolve(signal !== null && signal === asked ? 0 : exitCodeOf(code, signal));
    });
  });
}

function exitCodeOf(code, signal) {
  return signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0);
}
