fn main() {
    protoc_gen_rsvc::Builder::new().rest(false).compile(["proto/users.proto"], ["proto"]).unwrap();
}
