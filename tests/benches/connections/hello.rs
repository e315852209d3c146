//! The least that this build of actix can do: one route, a short JSON answer, as many workers as each service has.

use std::net::SocketAddr;

use actix_web::{App, HttpResponse, HttpServer, web};
use chassis::config::ServiceConfig;

/// Starts the service on a free port; it ends with the process.
pub(crate) fn start() -> SocketAddr {
    let workers = ServiceConfig::embedded("HELLO".parse().expect("a name"), ".".into()).workers();
    let server = HttpServer::new(|| App::new().route("/", web::get().to(hello)))
        .workers(workers)
        .disable_signals()
        .bind("127.0.0.1:0")
        .expect("a free port");
    let address = *server.addrs().first().expect("an address");
    tokio::spawn(server.run());
    address
}

async fn hello() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(r#"{"message":"hello, world"}"#)
}

/// The same request again and again.
pub(crate) fn request() -> impl FnMut() -> Vec<u8> + Send + 'static {
    || b"GET / HTTP/1.1\r\nhost: hello\r\n\r\n".to_vec()
}
