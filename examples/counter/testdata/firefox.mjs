// Uses the counter's page in Firefox, as a person would. The Go test beside it starts this script with a server's address; the two take turns over stdin and stdout,
// one line each: this one says what has been reached, the test answers once it has done its part.
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const [, , url, executablePath, shots] = process.argv;
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** reached tells the test, and waits until it has done its part. */
async function reached(what) {
  stage = what;
  console.log(what);
  const { done } = await answers.next();
  if (done) throw new Error(`the test left at: ${what}`);
}

const live = () => document.querySelector(".state").innerText === "Live" && !document.querySelector("#more").disabled;
const away = () => ["Resuming", "Offline"].includes(document.querySelector(".state").innerText);
const shows = (n) => document.querySelector("#count").textContent === String(n);
const saved = (n) => document.querySelector("#count").textContent === String(n) && document.querySelector("#saving").textContent === "Saved" && document.querySelector(".state").innerText === "Live";

/** burst clicks n times, as fast as the browser takes clicks. A hidden tab's own timers would be too slow for it. */
async function burst(page, n) {
  for (let i = 0; i < n; i++) await page.evaluate(() => document.querySelector("#more").click());
}

const timeout = 60_000;
const complaints = [];
let stage = "launch";
let browser;

// A browser that hangs would hang the test with it.
setTimeout(() => {
  console.error(`nothing moves at: ${stage}`);
  browser?.process()?.kill("SIGKILL");
  process.exit(1);
}, 4 * timeout).unref();

browser = await puppeteer.launch({ browser: "firefox", headless: true, executablePath, timeout, protocolTimeout: timeout });

async function open(width, height) {
  const page = await browser.newPage();
  page.setDefaultTimeout(timeout);
  await page.setViewport({ width, height });
  page.on("pageerror", (e) => complaints.push(String(e)));
  page.on("console", (m) => m.type() === "error" && complaints.push(m.text()));
  stage = "open";
  await page.goto(`${url}/counter/`);
  return page;
}

async function until(page, condition, ...args) {
  stage = String(condition);
  await page.waitForFunction(condition, { polling: 50 }, ...args);
}

try {
  const first = await open(1280, 800);
  await until(first, () => document.activeElement.id === "owner");
  await first.evaluate(() => (document.querySelector("#owner").value = ""));
  await first.type("#owner", "alice");
  await first.keyboard.press("Enter");
  await until(first, live);
  const second = await open(390, 844);
  await until(second, live);
  await second.click("#more");
  await until(first, shows, 1);
  await first.click("#more");
  await until(second, shows, 2);

  const clicks = 60;
  const both = (n) => Promise.all([burst(first, n), burst(second, n)]);
  await both(clicks / 3);
  const rest = both((2 * clicks) / 3);
  await reached("kill");
  await rest;
  for (const page of [first, second]) await until(page, away);
  await reached("start");
  for (const page of [first, second]) await until(page, saved, 2 + 2 * clicks);
  await first.reload();
  await until(first, live);
  await until(first, shows, 2 + 2 * clicks);
  const boot = await first.evaluate(() => performance.getEntriesByType("navigation")[0].duration);
  if (shots) {
    await first.screenshot({ path: `${shots}/counter-firefox-wide.png` });
    await second.screenshot({ path: `${shots}/counter-firefox-narrow.png` });
  }
  if (complaints.length > 0) throw new Error(`the browser complains: ${complaints.join("\n")}`);
  console.log(`done: ${2 + 2 * clicks} counted, page loaded within ${Math.round(boot)} ms`);
} finally {
  if (complaints.length > 0) console.error(complaints.join("\n"));
  await browser.close();
  process.stdin.destroy(); // or node waits for more of it
}
