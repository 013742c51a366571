// Takes part in a meeting in Firefox, as a person would. The Go test beside it starts this script with the page's address; the two take turns over stdin and
// stdout, one line each: this one says what has been reached, the test answers once it has done its part.
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const [, , url, executablePath] = process.argv;
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const timeout = 60_000;
const complaints = [];
let stage = "launch";
let browser;

// A browser that hangs would hang the test with it.
const watchdog = setTimeout(() => {
  console.error(`nothing moves at: ${stage}`);
  browser?.process()?.kill("SIGKILL");
  process.exit(1);
}, 3 * timeout).unref();

/** begin tells what comes next: it has its time from now on, however long all before has taken. */
function begin(what) {
  stage = what;
  watchdog.refresh();
}

/** reached tells the test, and waits until it has done its part. */
async function reached(what) {
  begin(what);
  console.log(what);
  const { done } = await answers.next();
  if (done) throw new Error(`the test left at: ${what}`);
}

browser = await puppeteer.launch({
  browser: "firefox", headless: true, executablePath, timeout, protocolTimeout: timeout,
  extraPrefsFirefox: {
    "media.navigator.streams.fake": true, "media.navigator.permission.disabled": true, "media.autoplay.default": 0, "media.autoplay.blocking_policy": 0,
    "media.peerconnection.ice.loopback": true, // the server is on this machine
  },
});

async function until(page, condition, ...args) {
  begin(String(condition));
  await page.waitForFunction(condition, { polling: 100, timeout }, ...args);
}

/**
 * watch keeps, in the page, how actions of the other's fire, and for how long its picture stood still at most in the five seconds before. On a machine that is busy elsewhere pictures stay
 * away, and an action whose picture does fires by its deadline.
 */
function watch() {
  const video = el.shadowRoot.querySelector(".tile:not([data-self]) > video"), pictures = [performance.now()];
  const next = () => video.requestVideoFrameCallback(() => { pictures.push(performance.now()); next(); });
  next();
  window.fired = [];
  el.addEventListener("wab-action", ({ detail: { value, outcome } }) => {
    const now = performance.now(), since = Math.max(pictures[0], now - 5000);
    const times = [since, ...pictures.filter((t) => t > since), now];
    const stood = Math.max(...times.slice(1).map((t, i) => t - times[i]));
    if (value.lamp === "on") fired.push({ method: outcome.method, error: Math.round(outcome.error_ms), excused: outcome.method === "deadline" && stood > 500 });
  });
}

const page = await browser.newPage();
try {
  page.setDefaultTimeout(timeout);
  await page.setViewport({ width: 1280, height: 800 });
  page.on("pageerror", (e) => complaints.push(String(e)));
  page.on("console", (m) => m.type() === "error" && complaints.push(m.text()));
  begin("open");
  await page.goto(url);
  await until(page, () => window.ready && el.dataset.state === "live");
  await until(page, () => grows("first", "alice"));
  await page.evaluate(watch);
  await reached("meets");
  await until(page, () => fired.filter((f) => !f.excused).length >= 5);
  begin("act");
  const fired = await page.evaluate(() => JSON.stringify(fired.filter((f) => !f.excused).map((f) => [f.method, f.error])));
  await page.evaluate(async () => { for (let i = 0; i < 3; i++) await el.act({ lamp: "off" }); });
  await reached("acted");
  if (complaints.length > 0) throw new Error(`the browser complains: ${complaints.join("\n")}`);
  console.log(`done: ${fired}`);
} catch (e) {
  const state = await page.evaluate(async () => JSON.stringify({ state: el.dataset.state, told, others: await others(), streams: [...(el.call?.streams.keys() ?? [])],
    videos: [...el.shadowRoot.querySelectorAll("video")].map((v) => [v.hidden, v.readyState, v.currentTime, v.paused, v.videoWidth]),
    stats: [...((await el.call.stats())?.values() ?? [])].filter((s) => s.type === "inbound-rtp").map((s) => [s.kind, s.packetsReceived, s.framesReceived, s.framesDecoded]) })).catch(String);
  throw new Error(`at ${stage}: ${e}\n${state}\n${complaints.join("\n")}`);
} finally {
  begin("close");
  await browser.close();
  process.stdin.destroy(); // or node waits for more of it
}
