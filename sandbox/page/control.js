// The sandbox's control API as functions, and the loop that keeps this page up to date. Guarantees one loop at a
// time, and that it goes on after any failure; what to show meanwhile is up to the caller.

const WAIT_MS = 20_000;
const PATIENCE_MS = 30_000;
const HIDDEN_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 8_000;

/**
 * A call that was answered with a refusal (`code` as the API names it) or not at all (`code` is `unreachable`).
 * `errors` holds a sentence for each input block that was refused.
 */
export class ControlError extends Error {
  constructor(code, message, errors = null) {
    super(message);
    this.code = code;
    this.errors = errors;
  }
}

async function call(path, body, signal) {
  const options = body === undefined
    ? { cache: "no-store", signal }
    : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal };
  let response;
  let answer;
  try {
    response = await fetch(path, options);
    answer = await response.json();
  } catch {
    throw new ControlError("unreachable", "The sandbox is not answering. Is it still running?");
  }
  if (!response.ok) throw new ControlError(answer.error ?? "refused", answer.message ?? `The sandbox refused this (${response.status}).`, answer.errors);
  return answer;
}

export const control = {
  workspace: (signal) => call("/control/workspace", undefined, signal),
  state: (user, since, waitMs, signal) => {
    const query = new URLSearchParams({ user, since: String(since) });
    if (waitMs > 0) query.set("wait_ms", String(waitMs));
    return call(`/control/state?${query}`, undefined, signal);
  },
  say: (user, channel, text, threadTs) => call("/control/command", { user, channel, text, thread_ts: threadTs ?? undefined }),
  click: (press) => call("/control/click", press),
  submit: (user, viewId, values) => call("/control/submit", { user, view_id: viewId, values }),
  upload: (user, name, contentHex) => call("/control/file", { user, name, content_hex: contentHex }),
  fileAddress: (user, file) => `/control/file?${new URLSearchParams({ user, file })}`,
  close: (user, viewId) => call("/control/close", { user, view_id: viewId }),
};

function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}

/** What one person sees, again and again: `onState(user, state)` for each version, `onSilence()` for each failure. */
export class LiveState {
  #abort = null;

  constructor({ onState, onSilence }) {
    this.onState = onState;
    this.onSilence = onSilence;
  }

  /** Follows this person and nobody else from now on. */
  async follow(user) {
    this.#abort?.abort();
    const { signal } = (this.#abort = new AbortController());
    let since = 0;
    let failures = 0;
    while (!signal.aborted) {
      try {
        // A hidden page does not hold a connection: browsers allow six to one host, and each window needs its own.
        const hidden = document.hidden;
        const started = performance.now();
        const state = await control.state(user, since, since > 0 && !hidden ? WAIT_MS : 0,
          AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]));
        if (signal.aborted) return;
        const unchanged = state.version === since && performance.now() - started < 500;
        failures = 0;
        since = state.version;
        await this.onState(user, state);
        if (hidden || unchanged) await pause(HIDDEN_PAUSE_MS, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ControlError)) console.error(error);
        // A sandbox that was started anew counts from the beginning.
        since = 0;
        failures += 1;
        this.onSilence(error);
        await pause(Math.min(500 * 2 ** failures, LONGEST_PAUSE_MS), signal);
      }
    }
  }
}
