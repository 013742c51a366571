// Draws on the whiteboard in Firefox, as a person would: in two tabs, and while the server is away. The Go test beside it starts this script with a server's
// address; the two take turns over stdin and stdout, one line each: this one says what has been reached, the test answers once it has done its part.
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const [, , url, executablePath, shots] = process.argv;
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const timeout = 60_000;
const complaints = [];
let stage = "launch";
let browser;

/** reached tells the test, and waits until it has done its part. */
async function reached(what) {
  stage = what;
  console.log(what);
  const { done } = await answers.next();
  if (done) throw new Error(`the test left at: ${what}`);
}

const state = (word) => document.querySelector(".state").innerText === word;
const elements = (n) => document.querySelector("#surface").getAttribute("aria-label") === `The board, ${n} elements` && document.querySelector("#desk").hasAttribute("data-editable");
const saving = (text) => document.querySelector("#saving").textContent === text;

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
  await page.goto(`${url}/whiteboard/`);
  return page;
}

async function until(page, condition, ...args) {
  stage = `${condition} ${args}`;
  await page.waitForFunction(condition, { polling: 50 }, ...args);
}

async function draw(page, key, x1, y1, x2, y2) {
  await page.bringToFront();
  await page.keyboard.press(key);
  await page.mouse.move(x1, y1);
  await page.mouse.down();
  await page.mouse.move(x2, y2, { steps: 8 });
  await page.mouse.up();
}

try {
  const first = await open(1280, 800);
  await until(first, () => document.activeElement.id === "owner");
  await first.evaluate(() => (document.querySelector("#owner").value = ""));
  await first.type("#owner", "alice");
  await first.keyboard.press("Enter");
  await until(first, state, "Live");
  await until(first, () => document.querySelector("#desk").hasAttribute("data-editable") && / [1-9][0-9]* elements/.test(document.querySelector("#surface").getAttribute("aria-label")));
  const fresh = await first.evaluate(() => Number(document.querySelector("#surface").getAttribute("aria-label").match(/[0-9]+/)[0]));
  const second = await open(390, 844);
  await until(second, elements, fresh);
  await draw(second, "r", 100, 600, 200, 680);
  await until(first, elements, fresh + 1);
  await draw(first, "d", 200, 650, 500, 690);
  await until(second, elements, fresh + 2);
  await reached("kill");
  await until(first, state, "Offline");
  await draw(first, "d", 200, 600, 500, 640);
  await until(first, saving, "1 change kept here");
  await reached("start");
  await until(first, saving, "Saved");
  await until(second, elements, fresh + 3);
  if (shots) {
    await first.screenshot({ path: `${shots}/whiteboard-firefox-wide.png` });
    await second.screenshot({ path: `${shots}/whiteboard-firefox-narrow.png` });
  }
  await first.reload();
  await until(first, elements, fresh + 3);
  if (complaints.length > 0) throw new Error(`the browser complains: ${complaints.join("\n")}`);
  console.log(`done: ${fresh + 3} elements`);
} finally {
  if (complaints.length > 0) console.error(complaints.join("\n"));
  await browser.close();
  process.stdin.destroy(); // or node waits for more of it
}
