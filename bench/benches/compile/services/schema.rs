//! The services that are compiled: 20 of 5 rpcs, each about a thing of its own, 90 of them with REST.

use std::fmt::Write as _;

/// Package of the services, and with `.proto` the name of their file.
pub(super) const PACKAGE: &str = "services_bench";

const SERVICES: usize = 20;

/// The text of the `.proto`.
pub(super) fn proto() -> String {
    let mut text = format!(
        "syntax = \"proto3\";\npackage {PACKAGE};\n\
         import \"buf/validate/validate.proto\";\nimport \"google/api/annotations.proto\";\n\
         import \"google/protobuf/timestamp.proto\";\n\
         enum State {{ STATE_UNSPECIFIED = 0; STATE_ACTIVE = 1; STATE_PAUSED = 2; STATE_DELETED = 3; }}\n"
    );
    for n in 0..SERVICES {
        service(&mut text, n, Fifth::of(n)).expect("a string takes everything");
        messages(&mut text, n).expect("a string takes everything");
    }
    text
}

/// The fifth rpc of a service, by turns. The other four have REST in all of them.
#[derive(Clone, Copy)]
enum Fifth {
    Delete,
    Watch,
    Upload,
    Sync,
}

impl Fifth {
    fn of(service: usize) -> Self {
        [Self::Delete, Self::Watch, Self::Upload, Self::Sync][service % 4]
    }

    /// In the `.proto`.
    fn rpc(self, n: usize) -> String {
        match self {
            Self::Delete => format!(
                "rpc DeleteThing{n}(GetThing{n}Request) returns (Thing{n}) \
                 {{ option (google.api.http) = {{ delete: \"/v1/things{n}/{{name}}\" }}; }}"
            ),
            Self::Watch => format!(
                "rpc WatchThing{n}(GetThing{n}Request) returns (stream Thing{n}) \
                 {{ option (google.api.http) = {{ get: \"/v1/things{n}/{{name}}:watch\" }}; }}"
            ),
            Self::Upload => format!("rpc UploadThing{n}(stream Thing{n}) returns (ListThing{n}Response);"),
            Self::Sync => format!("rpc SyncThing{n}(stream Thing{n}) returns (stream Thing{n});"),
        }
    }

    /// In the handler.
    fn method(self, n: usize) -> String {
        match self {
            Self::Delete => format!(
                "async fn delete_thing{n}(&self, _: Context, request: api::GetThing{n}Request) -> Result<api::Thing{n}, Status> \
                 {{ Ok(api::Thing{n} {{ name: request.name, ..Default::default() }}) }}"
            ),
            Self::Watch => format!(
                "async fn watch_thing{n}(&self, _: Context, request: api::GetThing{n}Request) \
                 -> Result<ResponseStream<api::Thing{n}, Status>, Status> {{ \
                 let thing = api::Thing{n} {{ name: request.name, ..Default::default() }}; \
                 Ok(ResponseStream::from_iter([thing])) }}"
            ),
            Self::Upload => format!(
                "async fn upload_thing{n}(&self, _: Context, mut requests: RequestStream<api::Thing{n}>) \
                 -> Result<api::ListThing{n}Response, Status> {{ \
                 let mut response = api::ListThing{n}Response::default(); \
                 while let Some(thing) = requests.message().await? {{ response.things.push(thing); }} \
                 Ok(response) }}"
            ),
            Self::Sync => format!(
                "async fn sync_thing{n}(&self, _: Context, requests: RequestStream<api::Thing{n}>) \
                 -> Result<ResponseStream<api::Thing{n}, Status>, Status> {{ Ok(ResponseStream::new(requests)) }}"
            ),
        }
    }
}

fn service(text: &mut String, n: usize, fifth: Fifth) -> std::fmt::Result {
    writeln!(
        text,
        "service Things{n} {{
  rpc GetThing{n}(GetThing{n}Request) returns (Thing{n}) {{
    option (google.api.http) = {{ get: \"/v1/things{n}/{{name}}\" }};
  }}
  rpc ListThing{n}(ListThing{n}Request) returns (ListThing{n}Response) {{
    option (google.api.http) = {{ get: \"/v1/things{n}\" }};
  }}
  rpc CreateThing{n}(CreateThing{n}Request) returns (Thing{n}) {{
    option (google.api.http) = {{ post: \"/v1/things{n}\" body: \"thing\" }};
  }}
  rpc UpdateThing{n}(UpdateThing{n}Request) returns (Thing{n}) {{
    option (google.api.http) = {{ patch: \"/v1/things{n}/{{thing.name}}\" body: \"*\" }};
  }}
  {}
}}",
        fifth.rpc(n)
    )
}

fn messages(text: &mut String, n: usize) -> std::fmt::Result {
    writeln!(
        text,
        "message Thing{n} {{
  message Part {{
    string sku = 1;
    uint32 quantity = 2 [(buf.validate.field).uint32.lte = 1000];
    double price = 3;
    repeated string notes = 4;
  }}
  string name = 1 [(buf.validate.field).string.max_len = 64];
  string title = 2;
  State state = 3;
  repeated Part parts = 4;
  map<string, string> labels = 5;
  google.protobuf.Timestamp created_at = 6;
  int64 revision = 7;
  bool shared = 8;
  optional string owner = 9;
  oneof origin {{ string imported_from = 10; bytes fingerprint = 11; }}
}}
message GetThing{n}Request {{
  string name = 1 [(buf.validate.field).string.min_len = 1];
}}
message ListThing{n}Request {{
  uint32 page_size = 1 [(buf.validate.field).uint32.lte = 1000];
  string page_token = 2;
  string filter = 3;
  repeated State states = 4;
}}
message ListThing{n}Response {{
  repeated Thing{n} things = 1;
  string next_page_token = 2;
}}
message CreateThing{n}Request {{
  Thing{n} thing = 1 [(buf.validate.field).required = true];
  string request_id = 2;
}}
message UpdateThing{n}Request {{
  Thing{n} thing = 1 [(buf.validate.field).required = true];
  int64 revision = 2;
}}"
    )
}

/// A program that serves all services, with handlers that hardly do anything; without `services` it serves none.
pub(super) fn program(services: bool) -> String {
    let mut text = String::from(
        "#[allow(unused_imports)]\nuse rsvc::{Context, RequestStream, ResponseStream, Status};\n\
         #[allow(unused_imports)]\nuse services::services_bench as api;\n",
    );
    let mut server = String::from("rsvc::Server::new()");
    if services {
        text.push_str("struct Handler;\n");
    }
    for n in (0..SERVICES).filter(|_| services) {
        handler(&mut text, n).expect("a string takes everything");
        write!(server, "\n        .add(api::Things{n}Server::new(Handler))")
            .expect("a string takes everything");
    }
    write!(
        text,
        "#[tokio::main]\nasync fn main() {{\n    let server = {server};\n    \
         server.serve_with_shutdown(\"127.0.0.1:0\", async {{}}).await.expect(\"serves\");\n}}\n"
    )
    .expect("a string takes everything");
    text
}

fn handler(text: &mut String, n: usize) -> std::fmt::Result {
    writeln!(
        text,
        "impl api::Things{n} for Handler {{
    async fn get_thing{n}(&self, _: Context, request: api::GetThing{n}Request) -> Result<api::Thing{n}, Status> {{
        Ok(api::Thing{n} {{ name: request.name, ..Default::default() }})
    }}
    async fn list_thing{n}(&self, _: Context, request: api::ListThing{n}Request)
        -> Result<api::ListThing{n}Response, Status>
    {{
        Ok(api::ListThing{n}Response {{ next_page_token: request.page_token, ..Default::default() }})
    }}
    async fn create_thing{n}(&self, _: Context, request: api::CreateThing{n}Request)
        -> Result<api::Thing{n}, Status>
    {{
        request.thing.ok_or_else(|| Status::internal(\"no thing\"))
    }}
    async fn update_thing{n}(&self, _: Context, request: api::UpdateThing{n}Request)
        -> Result<api::Thing{n}, Status>
    {{
        request.thing.ok_or_else(|| Status::internal(\"no thing\"))
    }}
    {}
}}",
        Fifth::of(n).method(n)
    )
}
