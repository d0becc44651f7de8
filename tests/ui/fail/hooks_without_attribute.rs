use orm::prelude::*;

#[derive(Model, Clone)]
struct Post {
    #[orm(primary_key)]
    id: i64,
}

impl Hooks for Post {
    fn before_insert(&mut self, _: &mut HookContext<Self>) -> orm::Result<()> {
        Ok(())
    }
}

fn main() {}
