//! The table of routes, its description, and what lies beside it.

use std::collections::BTreeSet;

use serde_json::Value;
use shared::wire::problem::ProblemCode;

use crate::toy::{Toy, problem, routes_described};

#[tokio::test]
async fn the_description_lists_exactly_the_routes_that_answer() {
    let toy = Toy::with_lab().await;
    let described: Value = toy.request("GET", "/openapi.json").send().await.unwrap().json().await.unwrap();
    assert_eq!(described["openapi"], "3.1.0");
    let mut listed = BTreeSet::new();
    for (path, methods) in described["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            listed.insert((method.to_uppercase(), path.clone()));
        }
    }
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        for path in described["paths"].as_object().unwrap().keys() {
            let real = path.replace("{number}", "7");
            let answer = toy.as_admin(method, &real).send().await.unwrap();
            let missing = [404, 405].contains(&answer.status().as_u16());
            assert_eq!(!missing, listed.contains(&(method.to_owned(), path.clone())), "{method} {path}: {}", answer.status());
        }
    }
    assert_eq!(listed.len(), 9 + 14);
}

#[test]
fn the_description_tells_body_parameters_access_and_problems() {
    let described = routes_described();
    let make = &described["paths"]["/things"]["post"];
    assert_eq!(make["requestBody"]["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/Thing");
    assert_eq!(make["security"][0]["administrator"], serde_json::json!([]));
    let statuses: Vec<&str> = make["responses"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(statuses, ["201", "400", "401", "403", "409", "413", "415", "421", "422", "500", "503"]);
    let one = &described["paths"]["/things/{number}"]["get"];
    assert_eq!((&one["parameters"][0]["name"], &one["parameters"][0]["in"]), (&"number".into(), &"path".into()));
    assert_eq!(one["parameters"][0]["schema"]["type"], "integer");
    let names: Vec<&Value> = described["paths"]["/things"]["get"]["parameters"].as_array().unwrap().iter().map(|p| &p["name"]).collect();
    assert_eq!(names, ["before", "limit"]);
    let text = described.to_string();
    for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(described["components"]["schemas"].get(name).is_some(), "{name} is not described");
    }
}

#[tokio::test]
async fn an_unknown_path_is_a_problem_of_its_own() {
    let toy = Toy::start().await;
    for path in ["/", "/thing", "/things/", "/things/7/more", "/Things", "//things", "/../things/x/y"] {
        let answer = problem(toy.request("GET", path).send().await.unwrap()).await;
        assert_eq!(answer.code, ProblemCode::NotFound, "{path}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_which_ones_there_are() {
    let toy = Toy::start().await;
    for (method, path, allow) in
        [("DELETE", "/things", "GET, POST"), ("POST", "/things/7", "GET, PUT, PATCH, DELETE"), ("OPTIONS", "/health", "GET")]
    {
        let answer = toy.request(method, path).send().await.unwrap();
        assert_eq!(answer.headers()["allow"], allow);
        assert_eq!(problem(answer).await.code, ProblemCode::MethodNotAllowed);
    }
}

#[tokio::test]
async fn a_request_keeps_its_id_or_gets_one() {
    let toy = Toy::start().await;
    let kept = toy.request("GET", "/health").header("x-request-id", "abcdefgh-1").send().await.unwrap();
    assert_eq!(kept.headers()["x-request-id"], "abcdefgh-1");
    for improper in ["short", "no spaces please", "ümlaut-ümlaut"] {
        let given = toy.request("GET", "/nowhere").header("x-request-id", improper.as_bytes()).send().await.unwrap();
        assert_eq!(given.headers()["x-request-id"].len(), 32);
    }
}
