//! The application without a network, on every database that there is: what people and programs see, and what they never see.

mod site;

use serde_json::{Value, json};
use site::Site;

/// `on_every_backend! { async fn name(site) { .. } }` makes the tests `name::sqlite`, `name::postgres`, `name::mariadb`, `name::mysql`.
macro_rules! on_every_backend {
    ($($(#[$meta:meta])* async fn $name:ident($site:ident) $body:block)*) => { $(
        $(#[$meta])*
        mod $name {
            use super::*;
            async fn body(mut $site: Site) {
                $body
            }
            #[test]
            fn sqlite() {
                site::run("sqlite", body);
            }
            #[test]
            fn postgres() {
                site::run("postgres", body);
            }
            #[test]
            fn mariadb() {
                site::run("mariadb", body);
            }
            #[test]
            fn mysql() {
                site::run("mysql", body);
            }
        }
    )* };
}

const TEXT: &str = "It is long enough, and *says* something.";

on_every_backend! {
    async fn people_sign_up_log_out_and_log_in(site) {
        let blank = [("name", ""), ("username", "Not Good"), ("password", "short")];
        let refused = site.send("/signup", &blank, 422).await;
        for (field, fault) in [
            ("name", "A name is missing."),
            ("username", "A username has small letters from a to z, digits, - and _ only."),
            ("password", "A password needs at least 10 characters."),
        ] {
            assert!(refused.contains(&format!(r#"id="{field}-fault""#)) && refused.contains(fault), "{field}: {refused}");
            assert!(refused.contains(&format!(r#"aria-invalid="true" aria-describedby="{field}-fault"#)), "{refused}");
        }
        assert!(refused.contains(r#"value="Not Good""#) && !refused.contains("short"), "what was typed is kept, but no password");

        site.sign_up("ada").await;
        assert!(site.page("/", 200).await.contains("Log out"));
        let mut other = site.stranger();
        let taken = [("name", "Ada"), ("username", "ada"), ("password", "another password")];
        let taken = other.send("/signup", &taken, 409).await;
        assert!(taken.contains("This username is taken.") && taken.contains(r#"id="username-fault""#), "{taken}");

        site.send("/logout", &[], 303).await;
        assert!(site.page("/", 200).await.contains("Log in"));
        for (username, password) in [("ada", "the wrong one"), ("nobody", "a long password")] {
            let refused = site.send("/login", &[("username", username), ("password", password)], 422).await;
            assert!(refused.contains("The username or the password is wrong."), "{refused}");
            assert_eq!(site.client.cookie("session"), None);
        }
        let right = [("username", " Ada "), ("password", "a long password"), ("next", "/write")];
        site.send("/login", &right, 303).await;
        assert_eq!(site.location(), "/write");
        assert!(site.page("/write", 200).await.contains("Publish"));
        for next in ["https://evil.example", "//evil.example", "/\\evil.example", ""] {
            site.send("/login", &[("username", "ada"), ("password", "a long password"), ("next", next)], 303).await;
            assert_eq!(site.location(), "/", "not to {next}");
        }
    }

    async fn a_cookie_is_signed_and_out_of_reach(site) {
        let response = site.client.post_form("/signup", &site::account("ada")).await;
        let cookie = response.header("set-cookie").expect("a cookie").to_owned();
        for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(part), "{cookie}");
        }
        let value = site.client.cookie("session").expect("it is kept").to_owned();
        // The signature of another user's number is another one.
        let mut forger = site.stranger();
        forger.client.header("cookie", &format!("session={}", value.replacen("1.", "2.", 1)));
        assert!(forger.page("/", 200).await.contains("Log in"));
        forger.client.header("cookie", "session=1.9999999999");
        assert!(forger.page("/", 200).await.contains("Log in"));
        for (until, sees) in [("9999999999", "Log out"), ("1000000000", "Log in")] {
            let mut late = site.stranger();
            late.client.header("cookie", &site.signed(&format!("1.{until}")));
            assert!(late.page("/", 200).await.contains(sees), "until {until}");
        }
    }

    async fn a_post_is_written_read_edited_and_deleted(site) {
        assert_eq!(site.page_at("/write", 303).await, "/login?next=%2Fwrite");
        site.sign_up("ada").await;
        let refused = site.send("/write", &[("title", "Hi"), ("body", "short"), ("tags", "a,b,c,d,e,f")], 422).await;
        assert!(refused.contains("The text needs at least 20 characters.") && refused.contains(">\nshort</textarea>"), "{refused}");
        assert!(refused.contains("A post has at most 5 tags."), "{refused}");

        site.write("Tea & toast", "<script>alert(1)</script>\n\n**Strong** tea, [here](javascript:alert(1)).", "Tea, toast, tea").await;
        assert_eq!(site.location(), "/posts/tea-toast");
        let page = site.page("/posts/tea-toast", 200).await;
        assert!(page.contains("<h1>Tea &#38; toast</h1>") && page.contains("<strong>Strong</strong>"), "{page}");
        assert!(!page.contains("<script") && !page.contains("javascript:"), "{page}");
        site.write("Tea: toast", TEXT, "").await;
        assert_eq!(site.location(), "/posts/tea-toast-2", "each post has an address of its own");
        assert!(site.page("/tags/tea", 200).await.contains("1 post about"));

        let form = site.page("/posts/tea-toast/edit", 200).await;
        assert!(form.contains(r#"value="tea, toast""#) && form.contains("Back to the post"), "{form}");
        let version = site::version(&form);
        let edit = [("title", "Coffee"), ("body", TEXT), ("tags", "coffee, tea"), ("version", &version)];
        site.send("/posts/tea-toast/edit", &edit, 303).await;
        let page = site.page("/posts/tea-toast", 200).await;
        assert!(page.contains("<h1>Coffee</h1>") && page.contains("edited") && page.contains("/tags/coffee"), "{page}");
        assert!(!page.contains("/tags/toast"), "a tag is taken away");

        let mut eve = site.stranger();
        eve.sign_up("eve").await;
        assert!(!eve.page("/posts/tea-toast", 200).await.contains("/edit"));
        eve.page("/posts/tea-toast/edit", 403).await;
        eve.send("/posts/tea-toast/edit", &edit, 403).await;
        eve.send("/posts/tea-toast/delete", &[], 403).await;
        site.send("/posts/tea-toast/delete", &[], 303).await;
        site.page("/posts/tea-toast", 404).await;
        site.page("/posts/tea-toast-2", 200).await;
    }

    async fn posts_of_one_title_at_a_time_get_addresses_of_their_own(site) {
        site.sign_up("ada").await;
        let mut tabs = [site.again(), site.again(), site.again(), site.again()];
        let [first, second, third, fourth] = &mut tabs;
        tokio::join!(
            first.write("Tea", TEXT, "new"),
            second.write("Tea", TEXT, "new"),
            third.write("Tea", TEXT, "new"),
            fourth.write("Tea", TEXT, "new"),
        );
        let mut addresses = tabs.map(|tab| tab.location().to_owned());
        addresses.sort();
        assert_eq!(addresses, ["/posts/tea", "/posts/tea-2", "/posts/tea-3", "/posts/tea-4"]);
        assert!(site.page("/tags/new", 200).await.contains("4 posts about"));
    }

    async fn of_two_edits_the_second_is_told_and_keeps_its_text(site) {
        site.sign_up("ada").await;
        site.write("Tea", TEXT, "").await;
        let version = site::version(&site.page("/posts/tea/edit", 200).await);
        let edit = |body| [("title", "Tea"), ("body", body), ("tags", ""), ("version", version.as_str())];
        site.send("/posts/tea/edit", &edit("What the first of the two has written."), 303).await;
        let conflict = site.send("/posts/tea/edit", &edit("What the second of the two has written."), 409).await;
        assert!(conflict.contains("Somebody else has saved this post in the meantime"), "{conflict}");
        assert!(conflict.contains("What the second of the two has written.</textarea>"), "{conflict}");
        assert!(conflict.contains("<pre>What the first of the two has written.</pre>"), "{conflict}");
        assert!(site.page("/posts/tea", 200).await.contains("What the first"));

        let newer = site::version(&conflict);
        assert_ne!(newer, version);
        let mine = [("title", "Tea"), ("body", "What the second of the two has written."), ("version", newer.as_str())];
        site.send("/posts/tea/edit", &mine, 303).await;
        assert!(site.page("/posts/tea", 200).await.contains("What the second"));
    }

    async fn comments_are_plain_text(site) {
        site.sign_up("ada").await;
        site.write("Tea", TEXT, "").await;
        let refused = site.send("/posts/tea/comments", &[("body", " ")], 422).await;
        assert!(refused.contains("A comment is missing.") && refused.contains(r#"aria-describedby="body-fault""#), "{refused}");
        site.send("/posts/tea/comments", &[("body", "I <b>agree</b>.")], 303).await;
        assert!(site.location().starts_with("/posts/tea#comment-"), "{}", site.location());
        let page = site.page("/posts/tea", 200).await;
        assert!(page.contains("I &#60;b&#62;agree&#60;/b&#62;.") && page.contains("1 comment<"), "{page}");
        site.send("/posts/coffee/comments", &[("body", "Where is it?")], 404).await;
        let mut stranger = site.stranger();
        stranger.send("/posts/tea/comments", &[("body", "Let me in")], 303).await;
        assert_eq!(stranger.location(), "/login?next=%2F");
    }

    async fn the_seed_is_paged_searched_and_tagged(site) {
        blog::seed::when_empty(&site.db).await.expect("it is empty");
        blog::seed::when_empty(&site.db).await.expect("it is not empty now");
        let first = site.page("/", 200).await;
        assert!(first.contains(r#"<a href="?page=1" aria-current="page">"#) && first.contains("pages left out"), "{first}");
        assert!(first.contains(r#"rel="next" href="?page=2""#) && !first.contains(r#"rel="prev""#), "{first}");
        assert_eq!(first.matches("<article").count(), 7);
        let last = site.page("/?page=9", 200).await;
        assert!(last.contains(r#"rel="prev" href="?page=8""#) && !last.contains(r#"rel="next""#), "{last}");
        for nowhere in ["/?page=10", "/?page=0", "/?page=x", "/tags/nothing", "/users/nobody", "/posts/nothing", "/nothing"] {
            let page = site.page(nowhere, 404).await;
            assert!(page.contains("<h1>There is no such page</h1>") && page.contains("<html lang=\"en\">"), "{nowhere}: {page}");
        }

        assert!(site.page("/search?q=FROST+kale", 200).await.contains("1 post about “FROST kale”"));
        assert!(site.page("/search?q=100%25", 200).await.contains("Nothing about “100%”"), "a sign of LIKE is a letter");
        assert!(site.page("/search?q=%3Cb%3E", 200).await.contains("Nothing about “&#60;b&#62;”"));
        let found = site.page("/search?q=a&page=2&per_page=3", 200).await;
        assert!(found.contains(r#"href="?q=a&#38;per_page=3&#38;page=3""#), "{found}");
        assert_eq!(found.matches("<article").count(), 3);
        assert!(site.page("/tags/rust", 200).await.contains("<h1>rust</h1>"));
        assert!(site.page("/users/jonas", 200).await.contains("Writes Rust by day"));
        assert!(site.page("/tags", 200).await.contains("<strong>food</strong>"));
    }

    async fn administrators_alone_look_after_the_site(site) {
        blog::seed::when_empty(&site.db).await.expect("it is empty");
        assert_eq!(site.page_at("/admin", 303).await, "/login?next=%2Fadmin");
        site.log_in("tomas").await;
        site.page("/admin", 403).await;
        site.send("/admin/posts/1/delete", &[], 403).await;
        site.send("/admin/users/2/admin", &[("admin", "true")], 403).await;
        assert!(!site.page("/", 200).await.contains("/admin"));

        let mut maya = site.stranger();
        maya.log_in("maya").await;
        let page = maya.page("/admin", 200).await;
        assert!(page.contains("<dt>Posts</dt><dd>63</dd>") && page.contains("Tomás Ferreira"), "{page}");
        maya.send("/admin/comments/1/delete", &[], 303).await;
        maya.send("/admin/comments/1/delete", &[], 404).await;
        let frost = "/posts/what-the-first-frost-leaves-standing";
        let id = site::between(&page, r#"action="/admin/posts/"#, "/").to_owned();
        maya.send(&format!("/admin/posts/{id}/delete"), &[], 303).await;
        maya.page(frost, 404).await;
        assert!(maya.page("/admin", 200).await.contains("<dt>Posts</dt><dd>62</dd>"));

        let (tomas, own) = (site.id_of("tomas").await, site.id_of("maya").await);
        maya.send(&format!("/admin/users/{own}/admin"), &[("admin", "false")], 403).await;
        maya.send(&format!("/admin/users/{tomas}/admin"), &[("admin", "true")], 303).await;
        site.page("/admin", 200).await;
    }

    async fn the_pages_of_other_sites_cannot_write(site) {
        site.sign_up("ada").await;
        let post = [("title", "Tea"), ("body", TEXT)];
        for (name, value) in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example"), ("origin", "null")] {
            let mut tricked = site.again();
            tricked.client.header(name, value).header("host", "blog.example");
            let page = tricked.send("/write", &post, 403).await;
            assert!(page.contains("this came from the page of another site"), "{name}: {value}: {page}");
            let answer = tricked.client.json("POST", "/api/posts", &json!({ "title": "Tea", "body": TEXT })).await;
            assert_eq!(answer.status(), 403);
            tricked.page("/", 200).await;
        }
        assert_eq!(site.client.get("/api/posts").await.json::<Value>()["total"], 0);
        for (name, value) in [("sec-fetch-site", "same-origin"), ("origin", "http://blog.example")] {
            let mut own = site.again();
            own.client.header(name, value).header("host", "blog.example");
            own.send("/write", &post, 303).await;
        }
    }

    async fn programs_read_pages_by_number_and_by_cursor(site) {
        blog::seed::when_empty(&site.db).await.expect("it is empty");
        let response = site.client.get("/api/posts?page=2&per_page=10").await;
        assert_eq!(
            response.header("link"),
            Some(r#"<?per_page=10&page=1>; rel="first", <?per_page=10&page=1>; rel="prev", <?per_page=10&page=3>; rel="next", <?per_page=10&page=7>; rel="last""#)
        );
        let page: Value = response.json();
        assert_eq!((&page["total"], &page["pages"], page["items"].as_array().map(Vec::len)), (&json!(63), &json!(7), Some(10)));
        assert_eq!(site.client.get("/api/posts?per_page=100000").await.json::<Value>()["items"].as_array().map(Vec::len), Some(63));

        let (mut after, mut slugs) = (String::new(), Vec::new());
        loop {
            let response = site.client.get(&format!("/api/posts?per_page=20&after={after}")).await;
            let link = response.header("link").unwrap_or_default().to_owned();
            let page: Value = response.json();
            slugs.extend(page["items"].as_array().expect("posts").iter().map(|post| post["slug"].to_string()));
            let Some(next) = page["next"].as_str() else { break };
            assert!(link.contains(&format!(r#"<?per_page=20&after={next}>; rel="next""#)), "{link}");
            next.clone_into(&mut after);
        }
        assert_eq!(slugs.len(), 63);
        slugs.sort();
        slugs.dedup();
        assert_eq!(slugs.len(), 63, "each post once");

        let post: Value = site.client.get("/api/posts/what-the-first-frost-leaves-standing").await.json();
        assert_eq!((&post["author"], &post["tags"]), (&json!("maya"), &json!(["gardens", "weather"])));
        assert_eq!(post["comments"][0]["author"], "priya");
        assert!(!post.to_string().contains("argon2"), "{post}");
        for (path, status) in [("/api/posts?after=nonsense", 400), ("/api/posts?page=99", 404), ("/api/posts/nothing", 404), ("/api/nothing", 404)] {
            let response = site.client.get(path).await;
            assert_eq!((response.status().as_u16(), response.header("content-type")), (status, Some("application/problem+json")), "{path}");
            assert_eq!(response.json::<Value>()["status"], status);
        }
    }

    async fn programs_write_what_is_valid(site) {
        let draft = json!({ "title": "Tea", "body": TEXT, "tags": "tea" });
        let response = site.client.json("POST", "/api/posts", &draft).await;
        assert_eq!((response.status().as_u16(), &response.json::<Value>()["detail"]), (401, &json!("this needs an account")));
        site.sign_up("ada").await;
        let response = site.client.json("POST", "/api/posts", &json!({ "title": "T", "body": "" })).await;
        assert_eq!(response.status(), 422);
        assert_eq!(
            response.json::<Value>()["errors"],
            json!({ "title": "A title needs at least 3 characters.", "body": "The text is missing." })
        );
        let response = site.client.json("POST", "/api/posts", &json!({ "title": "T" })).await;
        assert_eq!((response.status().as_u16(), response.header("content-type")), (422, Some("application/problem+json")));
        let response = site.client.json("POST", "/api/posts", &draft).await;
        assert_eq!((response.status().as_u16(), response.header("location")), (201, Some("/api/posts/tea")));
        assert_eq!(response.json::<Value>()["tags"], json!(["tea"]));
    }

    async fn the_panel_shows_no_statement_that_repeats(site) {
        blog::seed::when_empty(&site.db).await.expect("it is empty");
        site.log_in("maya").await;
        site.show_panel();
        for path in ["/", "/?page=3", "/tags", "/tags/food", "/users/maya", "/search?q=a", "/admin", "/posts/what-the-first-frost-leaves-standing", "/write"] {
            let page = site.page(path, 200).await;
            assert!(page.contains("orm-panel") && page.contains("SELECT"), "{path}: {page}");
            assert!(!page.contains("times on this page"), "{path}: {page}");
        }
    }

    async fn no_sql_is_in_what_people_see(site) {
        site.sign_up("ada").await;
        site.write("Tea", TEXT, "").await;
        site.drop_tables().await;
        for path in ["/", "/tags", "/search?q=a", "/posts/tea", "/api/posts", "/api/posts/tea", "/admin"] {
            let response = site.client.get(path).await;
            let (status, text) = (response.status().as_u16(), response.text());
            assert_eq!(status, 500, "{path}");
            for word in ["SELECT", "FROM ", "\"users\"", "`users`", "_id", "no such table", "does not exist", "doesn't exist"] {
                assert!(!text.contains(word), "{path} says {word}: {text}");
            }
        }
        assert_eq!(site.client.get("/health").await.text(), "well\n", "which needs no database");
        assert_eq!(site.client.get("/style.css").await.header("content-type"), Some("text/css"));
    }
}
