//! The blog in Chromium: what people do, with the mouse and without one, and what they see when two edit or the database is away.
//!
//! With `ORM_BLOG_PICTURES` the folder that it names gets a picture of each kind of page.

mod machines;

use blog::seed::PASSWORD;
use machines::{Postgres, run, serve};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use thirtyfour::prelude::*;

/// Somebody in front of the browser.
struct Reader {
    driver: WebDriver,
    site: String,
}

impl Reader {
    async fn at(driver: WebDriver, site: String) -> WebDriverResult<Reader> {
        driver.set_window_rect(0, 0, 1280, 1000).await?;
        driver.goto(&site).await?;
        Ok(Reader { driver, site })
    }

    async fn goto(&self, path: &str) -> WebDriverResult<()> {
        self.driver.goto(format!("{}{path}", self.site)).await
    }

    async fn path(&self) -> WebDriverResult<String> {
        let address = self.driver.current_url().await?.to_string();
        Ok(address.replacen(&self.site, "", 1))
    }

    async fn fill(&self, id: &str, text: &str) -> WebDriverResult<()> {
        let field = self.driver.find(By::Id(id)).await?;
        field.clear().await?;
        field.send_keys(text).await
    }

    async fn press(&self, button: &str) -> WebDriverResult<()> {
        let button = self.driver.find(By::XPath(format!("//main//button[normalize-space()='{button}']"))).await?;
        self.leave(button.click()).await
    }

    async fn follow(&self, link: &str) -> WebDriverResult<()> {
        let link = self.driver.find(By::LinkText(link)).await?;
        self.leave(link.click()).await
    }

    /// Does something that leads to another page, and waits until that is there.
    async fn leave(&self, action: impl Future<Output = WebDriverResult<()>>) -> WebDriverResult<()> {
        self.driver.execute("window.wasHere = true", Vec::<Value>::new()).await?;
        action.await?;
        let began = Instant::now();
        let has_come = "return !window.wasHere && document.readyState === 'complete'";
        // While one page goes and the other comes there may be none to ask.
        while !self.driver.execute(has_come, Vec::<Value>::new()).await.is_ok_and(|is_so| is_so.json() == &json!(true))
        {
            assert!(began.elapsed() < Duration::from_secs(60), "no other page comes");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// The same by a click on something.
    async fn click(&self, by: By) -> WebDriverResult<()> {
        let target = self.driver.find(by).await?;
        self.leave(target.click()).await
    }

    async fn heading(&self) -> WebDriverResult<String> {
        self.text_of("h1").await
    }

    async fn text_of(&self, selector: &str) -> WebDriverResult<String> {
        self.driver.find(By::Css(selector)).await?.text().await
    }

    async fn sign_up(&self, username: &str) -> WebDriverResult<()> {
        self.goto("/signup").await?;
        self.fill("name", "Ada Byron").await?;
        self.fill("username", username).await?;
        self.fill("password", "a long password").await?;
        self.press("Sign up").await
    }

    async fn log_in(&self, username: &str) -> WebDriverResult<()> {
        self.goto("/login").await?;
        self.fill("username", username).await?;
        self.fill("password", PASSWORD).await?;
        self.press("Log in").await
    }

    async fn prefers(&self, scheme: &str) -> WebDriverResult<()> {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.driver.cdp().send_raw("Emulation.setEmulatedMedia", media).await.map(|_| ())
    }

    /// Light and dark, wide and narrow, nothing may be wrong with the page that is open.
    async fn check(&self, picture: &str) -> WebDriverResult<()> {
        for (scheme, width) in [("light", 1280), ("dark", 1280), ("light", 390)] {
            self.prefers(scheme).await?;
            // A headless window is as narrow as it is told to be by this only.
            let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
            self.driver.cdp().send_raw("Emulation.setDeviceMetricsOverride", size).await?;
            let faults = self.driver.execute(include_str!("checks.js"), Vec::<Value>::new()).await?;
            assert_eq!(faults.json(), &json!([]), "{picture}, {scheme}, {width} wide");
            if let Some(folder) = std::env::var_os("ORM_BLOG_PICTURES") {
                let file = PathBuf::from(folder).join(format!("{picture}-{scheme}-{width}.png"));
                self.driver.screenshot(&file).await?;
            }
        }
        self.driver.cdp().send_raw("Emulation.clearDeviceMetricsOverride", json!({})).await?;
        self.prefers("light").await
    }
}

#[test]
fn somebody_signs_up_writes_and_comments() {
    run(async |driver| {
        let reader = Reader::at(driver, serve("sqlite::memory:", false).await).await?;
        reader.sign_up("Ada").await?;
        assert_eq!(
            reader.text_of("#username-fault").await?,
            "▲ A username has small letters from a to z, digits, - and _ only."
        );
        reader.check("signup").await?;
        reader.sign_up("maya").await?;
        assert!(reader.text_of("#username-fault").await?.ends_with("This username is taken."));
        reader.sign_up("ada").await?;
        assert_eq!(reader.path().await?, "/");

        reader.follow("Write").await?;
        reader.fill("title", "On looms").await?;
        reader.press("Publish").await?;
        assert!(reader.text_of("#body-fault").await?.ends_with("The text is missing."));
        reader.check("write").await?;
        reader.fill("body", "The engine *weaves* patterns.\n\n- of numbers\n- of leaves").await?;
        reader.fill("tags", "code, Looms").await?;
        reader.press("Publish").await?;
        assert_eq!((reader.path().await?, reader.heading().await?), ("/posts/on-looms".into(), "On looms".into()));
        assert_eq!(reader.text_of(".prose em").await?, "weaves");
        assert_eq!(reader.text_of(".prose li:last-child").await?, "of leaves");

        reader.fill("body", "I would like to add that it is made of brass.").await?;
        reader.press("Comment").await?;
        assert!(reader.path().await?.starts_with("/posts/on-looms#comment-"));
        assert_eq!(reader.text_of(".comments .said").await?, "I would like to add that it is made of brass.");
        reader.check("own-post").await?;

        reader.driver.find(By::XPath("//summary[.='Delete']")).await?.click().await?;
        reader.press("Delete it").await?;
        assert_eq!((reader.path().await?, reader.heading().await?), ("/users/ada".into(), "Ada Byron".into()));
        reader.goto("/posts/on-looms").await?;
        assert_eq!(reader.heading().await?, "There is no such page");
        reader.check("not-found").await
    });
}

#[test]
fn somebody_reads_pages_and_searches() {
    run(async |driver| {
        let reader = Reader::at(driver, serve("sqlite::memory:", false).await).await?;
        reader.check("home").await?;
        let first = reader.text_of("article h2").await?;
        reader.click(By::Css("a[rel=next]")).await?;
        assert_eq!(reader.path().await?, "/?page=2");
        assert!(reader.text_of(".pages [aria-current]").await?.ends_with('2'));
        assert_ne!(reader.text_of("article h2").await?, first);
        reader.check("second-page").await?;
        reader.click(By::Css(".pages a[href$='page=9']")).await?;
        assert!(reader.driver.find(By::Css("a[rel=next]")).await.is_err(), "it is the last");

        reader.fill("q", "frost").await?;
        let field = reader.driver.find(By::Id("q")).await?;
        reader.leave(field.send_keys(Key::Enter)).await?;
        assert!(reader.heading().await?.ends_with("about “frost”"), "{}", reader.heading().await?);
        reader.follow("What the first frost leaves standing").await?;
        assert_eq!(reader.heading().await?, "What the first frost leaves standing");
        reader.check("post").await?;
        reader.follow("weather").await?;
        assert_eq!((reader.path().await?, reader.heading().await?), ("/tags/weather".into(), "weather".into()));
        for path in ["/tags", "/users/maya", "/search?q=nothing+at+all", "/login"] {
            reader.goto(path).await?;
            reader.check(path.trim_start_matches('/').split(['/', '?']).next().unwrap_or("page")).await?;
        }
        Ok(())
    });
}

#[test]
fn a_keyboard_is_enough() {
    run(async |driver| {
        let reader = Reader::at(driver, serve("sqlite::memory:", false).await).await?;
        let focus = async || reader.driver.active_element().await;
        let tab = async || focus().await?.send_keys(Key::Tab).await;

        tab().await?;
        assert_eq!(focus().await?.text().await?, "Skip to the content");
        let outline = focus().await?.css_value("outline-style").await?;
        assert_eq!(outline, "solid", "what has the focus is seen");
        focus().await?.send_keys(Key::Enter).await?;
        tab().await?;
        assert_eq!(focus().await?.text().await?, "food", "the first link of the content");

        reader.goto("/").await?;
        for _ in 0..30 {
            tab().await?;
            if focus().await?.text().await? == "Log in" {
                break;
            }
        }
        let link = focus().await?;
        reader.leave(link.send_keys(Key::Enter)).await?;
        assert_eq!(reader.path().await?, "/login");
        for _ in 0..30 {
            tab().await?;
            if focus().await?.id().await?.as_deref() == Some("username") {
                break;
            }
        }
        focus().await?.send_keys("tomas").await?;
        tab().await?;
        focus().await?.send_keys(PASSWORD).await?;
        tab().await?;
        assert_eq!(focus().await?.tag_name().await?, "button");
        let button = focus().await?;
        reader.leave(button.send_keys(Key::Enter)).await?;
        assert_eq!(reader.path().await?, "/");
        assert!(reader.text_of("nav[aria-label=Main]").await?.contains("Tomás Ferreira"));
        Ok(())
    });
}

#[test]
fn of_two_edits_at_a_time_nothing_is_lost() {
    run(async |driver| {
        let reader = Reader::at(driver, serve("sqlite::memory:", false).await).await?;
        reader.log_in("jonas").await?;
        let edit = "/posts/a-cache-is-a-promise/edit";
        reader.goto(edit).await?;
        let first = reader.driver.window().await?;
        let second = reader.driver.new_tab().await?;
        reader.driver.switch_to_window(second).await?;
        reader.goto(edit).await?;
        reader.fill("body", "To keep an answer is to promise something. (The second tab.)").await?;
        reader.press("Save").await?;
        assert_eq!(reader.path().await?, "/posts/a-cache-is-a-promise");
        reader.driver.switch_to_window(first).await?;
        reader.fill("body", "A cache is a promise that somebody has to keep. (The first tab.)").await?;
        reader.press("Save").await?;
        assert!(reader.text_of("[role=alert]").await?.starts_with("Somebody else has saved this post in the meantime"));
        assert!(reader.text_of(".theirs pre").await?.contains("The second tab."));
        assert!(
            reader.driver.find(By::Id("body")).await?.value().await?.unwrap_or_default().contains("The first tab.")
        );
        reader.check("conflict").await?;
        reader.press("Save mine").await?;
        assert!(reader.text_of(".prose").await?.contains("The first tab."));
        Ok(())
    });
}

#[test]
fn the_admin_sees_what_pages_cost() {
    run(async |driver| {
        let reader = Reader::at(driver, serve("sqlite::memory:", true).await).await?;
        reader.log_in("maya").await?;
        reader.goto("/admin").await?;
        reader.check("admin").await?;
        assert_eq!(reader.text_of(".totals dd").await?, "6");
        reader.click(By::XPath("//button[starts-with(., 'Make admin: Wren')]")).await?;
        assert!(reader.driver.find(By::XPath("//tr[contains(., 'Wren')]//*[.='Admin']")).await.is_ok());
        reader.goto("/posts/compost-is-slow-cooking").await?;
        reader.driver.find(By::Css(".orm-panel summary")).await?.click().await?;
        assert!(reader.text_of(".orm-panel").await?.contains("SELECT"));
        assert!(reader.driver.find(By::Css(".orm-panel-repeated")).await.is_err(), "no statement repeats");
        reader.check("panel").await
    });
}

#[test]
fn the_database_may_go_and_come_back() {
    let Some(mut postgres) = Postgres::start() else { return };
    let url = postgres.url.clone();
    run(async move |driver| {
        let reader = Reader::at(driver, serve(&url, false).await).await?;
        reader.log_in("priya").await?;
        reader.goto("/posts/moss-is-not-a-problem").await?;
        reader.fill("body", "Written while the database was away.").await?;
        tokio::task::block_in_place(|| postgres.end());
        reader.press("Comment").await?;
        assert_eq!(reader.heading().await?, "We are out for a moment");
        reader.check("unavailable").await?;
        tokio::task::block_in_place(|| postgres.start_again());
        reader.driver.back().await?;
        let kept = reader.driver.find(By::Id("body")).await?.value().await?;
        assert_eq!(kept.as_deref(), Some("Written while the database was away."));
        reader.press("Comment").await?;
        assert_eq!(reader.heading().await?, "Moss is not a problem");
        assert_eq!(reader.text_of(".comments li:last-child .said").await?, "Written while the database was away.");

        tokio::task::block_in_place(|| postgres.end());
        reader.driver.refresh().await?;
        assert_eq!(reader.heading().await?, "We are out for a moment");
        tokio::task::block_in_place(|| postgres.start_again());
        reader.driver.refresh().await?;
        assert_eq!(reader.heading().await?, "Moss is not a problem");
        assert!(reader.text_of("nav[aria-label=Main]").await?.contains("Priya Raman"), "who is signed in is still so");
        Ok(())
    });
}
