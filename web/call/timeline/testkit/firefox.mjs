// Opens a page in Firefox, waits until window.ready, and prints what a script there gives, as JSON.
import puppeteer from "puppeteer-core";

const [, , executablePath, url, script] = process.argv;
const timeout = 90_000;
let browser;

// A browser that hangs would hang the test with it. Each step has its time, however long those before have taken.
const watchdog = setTimeout(() => {
  console.error("nothing moves");
  browser?.process()?.kill("SIGKILL");
  process.exit(1);
}, 2 * timeout).unref();

browser = await puppeteer.launch({
  browser: "firefox", headless: true, executablePath, timeout, protocolTimeout: timeout,
  extraPrefsFirefox: {
    "media.autoplay.default": 0, "media.navigator.streams.fake": true, "media.navigator.permission.disabled": true,
    "media.peerconnection.ice.loopback": true, "media.peerconnection.ice.obfuscate_host_addresses": false, // all is on this machine
  },
});
try {
  watchdog.refresh();
  const page = await browser.newPage();
  page.on("pageerror", (e) => console.error(String(e)));
  await page.goto(url);
  watchdog.refresh();
  await page.waitForFunction(() => window.ready, { timeout });
  watchdog.refresh();
  console.log(JSON.stringify(await page.evaluate(script)));
} finally {
  watchdog.refresh();
  await browser.close();
}
