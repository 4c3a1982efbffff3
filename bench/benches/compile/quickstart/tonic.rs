mod api {
    tonic::include_proto!("users.v1");
}

use api::user_service_client::UserServiceClient;
use api::user_service_server::{UserService, UserServiceServer};
use api::{GetUserRequest, User};
use tonic::transport::Server;
use tonic::{Request, Response, Status};

struct Users;

#[tonic::async_trait]
impl UserService for Users {
    async fn get_user(&self, request: Request<GetUserRequest>) -> Result<Response<User>, Status> {
        let request = request.into_inner();
        println!("asked for {}", request.user_id);
        match request.user_id.as_str() {
            "" => Err(Status::invalid_argument("a user has an id")),
            id => Ok(Response::new(User { user_id: id.to_owned(), email: format!("{id}@users.example") })),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    if let Some(endpoint) = std::env::args().nth(1) {
        let mut users = UserServiceClient::connect(endpoint).await?;
        let request = GetUserRequest { user_id: "ada".to_owned() };
        println!("there: {}", users.get_user(request).await?.into_inner().email);
        return Ok(());
    }
    Server::builder().add_service(UserServiceServer::new(Users)).serve("127.0.0.1:8080".parse()?).await?;
    Ok(())
}
