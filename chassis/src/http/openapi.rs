//! The OpenAPI 3.1 description, made from the rows of the table.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};
use shared::wire::problem::{Problem, ProblemCode};

use super::Access;
use super::routes::{App, Row};

/// What one route takes and answers, as its handler's types tell it.
#[derive(Debug)]
pub struct Operation<'a> {
    schemas: &'a mut SchemaGenerator,
    body: Option<(&'static str, Schema)>,
    path: Option<Schema>,
    query: Option<Schema>,
    answer: Option<(u16, Option<(&'static str, Schema)>)>,
}

impl<'a> Operation<'a> {
    fn new(schemas: &'a mut SchemaGenerator) -> Self {
        Self { schemas, body: None, path: None, query: None, answer: None }
    }

    pub(super) fn takes_body<T: JsonSchema>(&mut self) {
        self.body = Some(("application/json", self.schemas.subschema_for::<T>()));
    }

    pub(super) fn takes_form<T: JsonSchema>(&mut self) {
        self.body = Some(("application/x-www-form-urlencoded", self.schemas.subschema_for::<T>()));
    }

    pub(super) fn takes_path<T: JsonSchema>(&mut self) {
        self.path = Some(T::json_schema(self.schemas));
    }

    pub(super) fn takes_query<T: JsonSchema>(&mut self) {
        self.query = Some(T::json_schema(self.schemas));
    }

    pub(super) fn answers<T: JsonSchema>(&mut self, status: u16) {
        self.answer = Some((status, Some(("application/json", self.schemas.subschema_for::<T>()))));
    }

    pub(super) fn answers_text(&mut self, status: u16, media: &'static str) {
        self.answer = Some((status, Some((media, schemars::json_schema!({ "type": "string" })))));
    }

    pub(super) fn answers_nothing(&mut self, status: u16) {
        self.answer = Some((status, None));
    }
}

/// Whether a handler takes a query.
pub(super) fn takes_query(describe: fn(&mut Operation<'_>)) -> bool {
    let mut schemas = SchemaGenerator::new(SchemaSettings::draft2020_12());
    let mut operation = Operation::new(&mut schemas);
    describe(&mut operation);
    operation.query.is_some()
}

/// The description of all rows.
pub(super) fn describe<S: App>(title: &str, rows: &[Row<S>]) -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    let mut schemas = SchemaGenerator::new(settings);
    let problem = schemas.subschema_for::<Problem>();
    let mut paths: Map<String, Value> = Map::new();
    for row in rows {
        let described = describe_row(row, &mut schemas, &problem);
        let entry = paths.entry(row.path).or_insert_with(|| json!({}));
        if let Some(methods) = entry.as_object_mut() {
            methods.insert(row.method.name().to_ascii_lowercase(), described);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": title, "version": env!("CARGO_PKG_VERSION") },
        "paths": paths,
        "components": {
            "schemas": schemas.take_definitions(true),
            "securitySchemes": {
                "administrator": { "type": "http", "scheme": "bearer", "description": "The token in the file admin-token of the service's data directory." },
                "call": {
                    "type": "apiKey", "in": "header", "name": "Authorization",
                    "description": "`Call <jwt>`: a token signed with the calling service's own key, good for one request within 60 seconds."
                }
            }
        }
    })
}

fn describe_row<S: App>(row: &Row<S>, schemas: &mut SchemaGenerator, problem: &Schema) -> Value {
    let mut operation = Operation::new(schemas);
    (row.describe)(&mut operation);
    let mut described = json!({
        "summary": row.summary,
        "security": security(row.access),
        "responses": responses(row, &operation, problem),
    });
    let parameters = parameters(row.path, &operation);
    if let Some(fields) = described.as_object_mut() {
        if let Access::Service(roles) = row.access {
            // Who may call, for whoever reads the description.
            fields.insert("x-callers".to_owned(), json!(roles));
        }
        if !parameters.is_empty() {
            fields.insert("parameters".to_owned(), Value::Array(parameters));
        }
        if let Some((media, body)) = operation.body {
            fields.insert("requestBody".to_owned(), json!({ "required": true, "content": { media: { "schema": body } } }));
        }
    }
    described
}

fn security(access: Access) -> Value {
    match access {
        Access::Anyone => json!([]),
        Access::Administrator | Access::Lab => json!([{ "administrator": [] }]),
        Access::Service(_) | Access::Introduced => json!([{ "call": [] }]),
    }
}

/// The answer, and the problems of the row and of its kind, gathered by status.
fn responses<S: App>(row: &Row<S>, operation: &Operation<'_>, problem: &Schema) -> Value {
    let mut responses = Map::new();
    if let Some((status, schema)) = &operation.answer {
        let mut answer = json!({ "description": "Done." });
        if let (Some(fields), Some((media, schema))) = (answer.as_object_mut(), schema) {
            fields.insert("content".to_owned(), json!({ *media: { "schema": schema } }));
        }
        responses.insert(status.to_string(), answer);
    }
    let codes = problems(row, operation);
    let statuses: std::collections::BTreeSet<u16> = codes.iter().map(|code| code.status()).collect();
    for status in statuses {
        let lines: Vec<String> =
            codes.iter().filter(|code| code.status() == status).map(|code| format!("`{}`: {}.", code.code(), code.title())).collect();
        let content = json!({ "application/problem+json": { "schema": problem } });
        responses.insert(status.to_string(), json!({ "description": lines.join(" "), "content": content }));
    }
    Value::Object(responses)
}

fn problems<S: App>(row: &Row<S>, operation: &Operation<'_>) -> Vec<ProblemCode> {
    let mut codes = row.problems.clone();
    codes.extend([ProblemCode::Malformed, ProblemCode::TooLarge, ProblemCode::Internal, ProblemCode::Failed]);
    codes.extend([ProblemCode::Misdirected, ProblemCode::ForeignOrigin]);
    if operation.body.is_some() {
        codes.extend([ProblemCode::UnsupportedMediaType, ProblemCode::Invalid]);
    }
    match row.access {
        Access::Anyone => {}
        Access::Administrator => codes.push(ProblemCode::Unauthenticated),
        Access::Lab => codes.extend([ProblemCode::Unauthenticated, ProblemCode::LabOff]),
        Access::Service(_) => codes.extend([ProblemCode::Unauthenticated, ProblemCode::Forbidden, ProblemCode::Busy]),
        Access::Introduced => codes.extend([ProblemCode::Unauthenticated, ProblemCode::Busy]),
    }
    codes.sort_unstable();
    codes.dedup();
    codes
}

fn parameters(path: &str, operation: &Operation<'_>) -> Vec<Value> {
    let mut parameters = Vec::new();
    for name in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
        let schema = operation.path.as_ref().map(|schema| field(schema, name).cloned().unwrap_or_else(|| schema.as_value().clone()));
        parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
    }
    let properties = operation.query.as_ref().and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    for (name, schema) in properties.into_iter().flatten() {
        let required = operation.query.as_ref().and_then(|query| query.get("required")).and_then(Value::as_array);
        let required = required.is_some_and(|names| names.iter().any(|required| required.as_str() == Some(name)));
        parameters.push(json!({ "name": name, "in": "query", "required": required, "schema": schema }));
    }
    parameters
}

fn field<'a>(schema: &'a Schema, name: &str) -> Option<&'a Value> {
    schema.get("properties")?.get(name)
}
