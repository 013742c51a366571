// Uses the panel in Firefox, which has no Web Bluetooth: two people, one page each, and a virtual lamp. The Go test beside it starts this script with the page's address.
import puppeteer from "puppeteer-core";

const [, , url, executablePath, shots] = process.argv;
const timeout = 60_000;
const complaints = [];
let stage = "launch";
let browser;

// A browser that hangs would hang the test with it.
setTimeout(() => {
  console.error(`nothing moves at: ${stage}`);
  browser?.process()?.kill("SIGKILL");
  process.exit(1);
}, 2 * timeout).unref();

browser = await puppeteer.launch({ browser: "firefox", headless: true, executablePath, timeout, protocolTimeout: timeout });

async function open(query) {
  const page = await browser.newPage();
  page.setDefaultTimeout(timeout);
  page.on("pageerror", (e) => complaints.push(String(e)));
  page.on("console", (m) => m.type() === "error" && complaints.push(m.text()));
  stage = `open ${query}`;
  await page.goto(`${url}panel.html?${query}`);
  return page;
}

async function until(page, condition) {
  stage = String(condition);
  await page.waitForFunction(condition, { polling: 50 });
}

const press = (page, label) => page.evaluate((label) => named(label).click(), label);

try {
  const alice = await open("with=bob");
  await until(alice, () => document.querySelector("wab-devices").connection && named("Share a device"));
  await press(alice, "Share a device");
  await until(alice, () => find(".why").textContent.startsWith("This browser has no Web Bluetooth."));
  await press(alice, "Virtual lamp");
  await until(alice, () => named("Virtual lamp: light"));
  const bob = await open("owner=bob&devices=alice/home/lamp");
  await until(bob, () => named("Virtual lamp: light") && !named("Virtual lamp: light").disabled);
  await press(bob, "Virtual lamp: light");
  for (const page of [alice, bob]) await until(page, () => find(".lamp").dataset.on === "yes");
  if (shots) await alice.screenshot({ path: `${shots}/devices-firefox.png` });
  await alice.close();
  await until(bob, () => find(".reach")?.textContent === "Gone" || text().includes("doesn’t share it"));
  if (complaints.length) throw new Error(complaints.join("\n"));
  console.log("done");
} finally {
  await browser.close();
}
