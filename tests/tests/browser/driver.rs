//! A browser, as far as a form needs one.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A running browser; ended with the test.
pub(crate) struct Browser {
    driver: Child,
    http: reqwest::Client,
    session: String,
}

impl Browser {
    /// Starts one; none where the machine has none.
    pub(crate) async fn start() -> Option<Self> {
        let (driver, browser) = (found("chromedriver"), found("chromium").or_else(|| found("google-chrome")));
        let (Some(driver), Some(browser)) = (driver, browser) else {
            let _ = writeln!(std::io::stderr(), "SKIPPED: chromium and chromedriver are not installed here; no page was walked");
            return None;
        };
        let mut driver =
            Command::new(driver).arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the driver starts");
        let mut lines = BufReader::new(driver.stdout.take().expect("its output")).lines();
        let port = lines.find_map(|line| {
            let line = line.expect("a line");
            let (_, port) = line.split_once("started successfully on port ")?;
            Some(port.trim_end_matches('.').to_owned())
        });
        let base = format!("http://127.0.0.1:{}", port.expect("the driver says its port"));
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let arguments =
            ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server", "--window-size=900,1300"];
        let options = json!({ "binary": browser, "args": arguments });
        let wanted = json!({ "capabilities": { "alwaysMatch": { "browserName": "chrome", "timeouts": { "implicit": 10_000 }, "goog:chromeOptions": options } } });
        let answer = send(http.post(format!("{base}/session")).json(&wanted)).await;
        let session = format!("{base}/session/{}", answer["sessionId"].as_str().expect("a session"));
        Some(Self { driver, http, session })
    }

    /// Opens an address.
    pub(crate) async fn open(&self, url: &str) {
        self.post("/url", &json!({ "url": url })).await;
    }

    /// Clicks what the selector finds first.
    pub(crate) async fn click(&self, selector: &str) {
        let element = self.element(selector).await;
        self.post(&format!("{element}/click"), &json!({})).await;
    }

    /// Types into the field of this name, in place of what it held.
    pub(crate) async fn fill(&self, name: &str, text: &str) {
        let element = self.element(&format!("#{name}")).await;
        self.post(&format!("{element}/clear"), &json!({})).await;
        self.post(&format!("{element}/value"), &json!({ "text": text })).await;
    }

    /// The visible text of what the selector finds first.
    pub(crate) async fn text(&self, selector: &str) -> String {
        let element = self.element(selector).await;
        self.get(&format!("{element}/text")).await.as_str().expect("text").to_owned()
    }

    /// What a field holds.
    pub(crate) async fn value(&self, name: &str) -> String {
        let element = self.element(&format!("#{name}")).await;
        self.get(&format!("{element}/property/value")).await.as_str().expect("a value").to_owned()
    }

    /// Keeps a picture of the page in the folder for temporary files.
    pub(crate) async fn picture(&self, name: &str) {
        let picture = self.get("/screenshot").await;
        let bytes = STANDARD.decode(picture.as_str().expect("a picture")).expect("base64");
        assert!(bytes.starts_with(b"\x89PNG"), "a picture");
        let path = std::env::temp_dir().join(format!("clearinghouse-page-{name}.png"));
        std::fs::write(&path, bytes).expect("the picture is kept");
    }

    /// Closes it.
    pub(crate) async fn end(&self) {
        send(self.http.delete(&self.session)).await;
    }

    fn close_at_once(&self) -> std::io::Result<()> {
        let (host, path) = self.session.trim_start_matches("http://").split_once('/').unwrap_or_default();
        let mut stream = std::net::TcpStream::connect(host)?;
        stream.set_read_timeout(Some(std::time::Duration::from_secs(5)))?;
        write!(stream, "DELETE /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
        std::io::copy(&mut stream, &mut std::io::sink()).map(|_| ())
    }

    async fn element(&self, selector: &str) -> String {
        let found = self.post("/element", &json!({ "using": "css selector", "value": selector })).await;
        let id = found.as_object().and_then(|fields| fields.values().next()).and_then(Value::as_str);
        format!("/element/{}", id.expect("an element"))
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        send(self.http.post(format!("{}{path}", self.session)).json(body)).await
    }

    async fn get(&self, path: &str) -> Value {
        send(self.http.get(format!("{}{path}", self.session))).await
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A test that failed before `end` has left the browser open: it is closed first, since it would outlive its driver.
        let _ = self.close_at_once();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

async fn send(request: reqwest::RequestBuilder) -> Value {
    let answer = request.send().await.expect("the driver answers");
    let status = answer.status();
    let body: Value = answer.json().await.expect("JSON");
    assert!(status.is_success(), "{status}: {}", body["value"]["message"]);
    body["value"].clone()
}

fn found(program: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths).map(|folder| folder.join(program)).find(|path| path.is_file())
}
