// A person who fills in the forms of the shop's page, in headless Chromium: `node forms.mjs SHOP FILE`.
// It prints, as JSON, what the browser shows after each form: the status and the text.
import { launch } from "./chromium.mjs";

const [shop, file] = process.argv.slice(2);

/** A page that somebody else has made: its form goes to the shop. */
const FOREIGN = `<!doctype html><form method="post" action="http://${shop}/v1/users">
  <input name="name" value="Mallory"><input name="email" value="mallory@evil.example"><button>Win</button></form>`;

/** Sends a form of the page: a function for its inputs, and what comes back. */
async function submit(page, form, fill) {
  await fill(page.locator(form));
  const [response] = await Promise.all([page.waitForNavigation(), page.locator(`${form} button`).click()]);
  return { status: response.status(), text: await response.text() };
}

const browser = await launch();
try {
  const page = await browser.newPage({ permissions: ["local-network-access"] });
  const own = async (form, fill) => {
    await page.goto(`http://${shop}/`);
    return submit(page, form, fill);
  };
  const shown = {
    file: await own("#file", async (form) => {
      await form.locator("[name=upload_id]").fill("from-a-page");
      await form.locator("[name=content]").setInputFiles(file);
    }),
    again: await own("#file", async (form) => {
      await form.locator("[name=upload_id]").fill("from-a-page");
      await form.locator("[name=content]").setInputFiles(file);
    }),
    wrong_size: await own("#file", async (form) => {
      await form.locator("[name='info.expected_size']").fill("1");
      await form.locator("[name=content]").setInputFiles(file);
    }),
    user: await own("#user", async (form) => {
      await form.locator("[name=name]").fill("Zoë & Ann");
      await form.locator("[name=email]").fill("zoe@shop.example");
      for (const box of await form.locator("[name=roles]").all()) await box.check();
    }),
    taken: await own("#user", async (form) => {
      await form.locator("[name=name]").fill("Somebody else");
      await form.locator("[name=email]").fill("zoe@shop.example");
      await form.locator("[name=age]").fill("30");
    }),
  };
  await page.route("http://foreign.example/", (route) => route.fulfill({ contentType: "text/html", body: FOREIGN }));
  await page.goto("http://foreign.example/");
  shown.foreign = await submit(page, "form", async () => {});
  console.log(JSON.stringify(shown));
} finally {
  await browser.close();
}
