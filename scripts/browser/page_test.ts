import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "./chromium.ts";
import { startStack } from "./running_stack.ts";

const screenshots = new URL("./screenshots/", import.meta.url);

/** The stack and a browser for a whole test; a page that complained fails it. */
async function withPage(run: (page: Page, browser: Browser) => Promise<void>): Promise<void> {
  const stack = await startStack();
  const browser = await launchChromium();
  const complaints: string[] = [];
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(45_000);
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    await page.goto(stack.pageUrl);
    await page.locator("#health[data-ready=true]").waitFor();
    await run(page, browser);
    assert.deepEqual(complaints, []);
  } catch (error) {
    console.error(stack.output().slice(-4_000));
    throw error;
  } finally {
    await browser.close();
    await stack.stop();
  }
}

const replies = (page: Page) => page.locator("[data-author=business]");
const chatOf = (page: Page, number: string) => page.locator(`#chat[data-customer="whatsapp:${number}"]`);
const delivered = ":has(.tick:is([data-tick=delivered], [data-tick=read]))";

async function shoot(page: Page, name: string): Promise<void> {
  await Deno.mkdir(screenshots, { recursive: true });
  await Deno.writeFile(new URL(`${name}.png`, screenshots), await page.screenshot());
}

Deno.test("the page in a real browser, on the real stack", async (t) => {
  await withPage(async (page) => {
    /** Each step builds on the ones before it, so the first failure ends the test. */
    const step = async (name: string, check: () => Promise<void>) => {
      assert.ok(await t.step(name, check), name);
    };

    await step("a typed message gets a reply, whose ticks become delivered", async () => {
      await page.getByLabel("Message", { exact: true }).fill("Oi! Que horas vocês abrem? 🥖");
      await page.keyboard.press("Enter");
      await page.locator("[data-author=customer]", { hasText: "Que horas vocês abrem?" }).waitFor();
      await page.getByText("digitando…").first().waitFor();
      await page.locator(`[data-author=business]${delivered}`, { hasText: /das 6h às 20h/i }).waitFor();
      await page.locator("[data-author=customer] .tick[data-tick=read]").waitFor();
      await shoot(page, "reply");
    });

    await step(
      "a burst of six gets one reply: one invocation has the lock, five find it busy",
      async () => {
        await page.getByRole("button", { name: /Burst of six/ }).click();
        const round = page.locator(".round").first();
        await round.locator("[data-lock=busy]").nth(4).waitFor();
        await shoot(page, "burst");
        await page.locator(`[data-author=business]${delivered}`).nth(1).waitFor();
        await round.and(page.locator("[data-running=false]")).waitFor();
        assert.equal(await round.locator("[data-lock=acquired]").count(), 1);
        assert.equal(await round.locator("[data-lock=busy]").count(), 5);
        assert.match(await round.locator("h3").innerText(), /Batch of 6/);
        const reply = await replies(page).nth(1).innerText();
        const points = [1, 2, 3, 4, 5, 6].map((number) => reply.indexOf(`${number}. “`));
        assert.deepEqual(points, points.toSorted((a, b) => a - b));
        assert.ok(points.every((place) => place >= 0), reply);
        assert.equal(await page.locator("[data-author=customer] .tick[data-tick=read]").count(), 7);
      },
    );

    await step("the same message twenty times more gets no further reply", async () => {
      await page.getByRole("button", { name: /again ×20/ }).click();
      await page.locator(".round [data-duplicates='20']").waitFor();
      assert.equal(await page.locator("#counters [data-counter=duplicates] dd").innerText(), "20");
      assert.equal(await page.locator("#counters [data-counter=modelCalls] dd").innerText(), "2");
      assert.equal(await replies(page).count(), 2);
      await shoot(page, "duplicates");
    });

    await step("another customer has a chat of their own, with a photo, a place and a button", async () => {
      await page.getByRole("button", { name: /Emma Clarke/ }).click();
      await chatOf(page, "+447700900142").waitFor();
      assert.equal(await page.locator(".bubble").count(), 0);
      for (const what of ["Photo", "Location", "Quick reply"]) {
        await page.getByRole("button", { name: "Photo, location or quick reply" }).click();
        await page.getByRole("group", { name: "Send something else" }).getByRole("button", { name: what })
          .click();
      }
      await page.locator(`[data-author=business]${delivered}`, { hasText: /photo.*location/is }).waitFor();
      await page.evaluate("document.querySelector('img.photo').decode()");
      await shoot(page, "another-customer");
      await page.getByRole("button", { name: /Maria Souza/ }).click();
      await chatOf(page, "+5511987654321").waitFor();
      assert.equal(await replies(page).count(), 2);
    });

    await step("a reload shows the same chat", async () => {
      await page.reload();
      await replies(page).nth(1).waitFor();
      assert.equal(await page.locator("[data-author=customer]").count(), 7);
      assert.match(await page.locator(".round h3").first().innerText(), /Batch of 6/);
    });

    await step("on a phone the live view is a tab", async () => {
      await page.setViewportSize({ width: 390, height: 844 });
      await shoot(page, "phone");
      assert.equal(await page.locator("#live-side").isVisible(), false);
      await page.getByRole("tab", { name: "Live view" }).click();
      await page.locator(".round").first().waitFor();
      await shoot(page, "phone-live");
      const overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      assert.equal(overflow, 0);
    });
  });
});
