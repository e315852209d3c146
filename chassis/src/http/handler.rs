//! Handlers: async functions of the service's state and up to four arguments taken from the request.

use futures_util::future::LocalBoxFuture;
use shared::wire::problem::Problem;

use super::{Asked, Extract, Operation, Reply, Written};

/// An async function `(app, arguments...) -> Result<reply, Problem>`; each argument is an [`Extract`].
pub trait Handler<S, Arguments>: Clone + Send + Sync + 'static {
    /// Says in the route's description what the arguments need and what is answered.
    fn describe(operation: &mut Operation<'_>);

    /// Takes the arguments from the request and runs; the problem is that of the first argument that cannot be taken.
    fn run(&self, app: S, asked: &Asked) -> Result<LocalBoxFuture<'static, Result<Written, Problem>>, Problem>;
}

macro_rules! handler_of {
    ($($argument:ident),*) => {
        impl<S, F, Answered, R, $($argument),*> Handler<S, ($($argument,)*)> for F
        where
            F: Fn(S, $($argument),*) -> Answered + Clone + Send + Sync + 'static,
            Answered: Future<Output = Result<R, Problem>> + 'static,
            R: Reply,
            $($argument: Extract,)*
        {
            fn describe(operation: &mut Operation<'_>) {
                $($argument::describe(operation);)*
                R::describe(operation);
            }

            #[allow(unused_variables, reason = "a handler without arguments takes nothing from the request")]
            fn run(&self, app: S, asked: &Asked) -> Result<LocalBoxFuture<'static, Result<Written, Problem>>, Problem> {
                let answered = self(app, $($argument::extract(asked)?),*);
                Ok(Box::pin(async move { answered.await?.write() }))
            }
        }
    };
}

handler_of!();
handler_of!(A);
handler_of!(A, B);
handler_of!(A, B, C);
handler_of!(A, B, C, D);
