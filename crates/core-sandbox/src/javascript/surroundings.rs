//! What scripts find around them: compiled once, loaded into every engine.

use std::sync::Arc;

use rquickjs::module::{Declared, WriteOptions};
use rquickjs::{Context, Ctx, Exception, Function, Module, Object, Runtime};

use super::console::{self, Paper};
use super::{Patience, text};
use crate::error::SandboxError;

const SOURCE: &str = include_str!("surroundings.js");
const NAME: &str = "surroundings.js";

/// Bytecode of `surroundings.js`.
#[derive(Debug, Clone)]
pub(super) struct Surroundings(Arc<[u8]>);

/// What the host calls while it waits for a script.
pub(super) struct Timers<'js> {
    /// Milliseconds until the earliest timer; below zero without any.
    pub(super) until_next: Function<'js>,
    pub(super) ring: Function<'js>,
}

impl Surroundings {
    pub(super) fn compile() -> Result<Self, SandboxError> {
        let failed = |e: rquickjs::Error| SandboxError::internal(format!("the JavaScript engine does not start: {e}"));
        let runtime = Runtime::new().map_err(failed)?;
        let context = Context::full(&runtime).map_err(failed)?;
        let code = context
            .with(|ctx| Module::declare(ctx, NAME, format!("export default {SOURCE}"))?.write(WriteOptions::default()));
        Ok(Self(code.map_err(failed)?.into()))
    }

    pub(super) fn install<'js>(
        &self,
        ctx: &Ctx<'js>,
        paper: &Paper,
        patience: &Patience,
    ) -> rquickjs::Result<Timers<'js>> {
        let native = Object::new(ctx.clone())?;
        let patience = patience.clone();
        let check = move |ctx: Ctx<'js>| {
            if patience.is_over() { Err(Exception::throw_internal(&ctx, "interrupted")) } else { Ok(()) }
        };
        native.set("check", Function::new(ctx.clone(), check)?)?;
        console::install(ctx, &native, paper)?;
        text::install(ctx, &native)?;
        let (module, evaluated) = self.load(ctx)?.eval()?;
        evaluated.finish::<()>()?;
        let surround: Function<'js> = module.get("default")?;
        let timers: Object<'js> = surround.call((native,))?;
        Ok(Timers { until_next: timers.get("untilTimer")?, ring: timers.get("ringTimer")? })
    }

    #[expect(unsafe_code, reason = "the engine cannot check bytecode; this is its own")]
    fn load<'js>(&self, ctx: &Ctx<'js>) -> rquickjs::Result<Module<'js, Declared>> {
        // SAFETY: the bytes were written by the same engine in this process and never left it.
        unsafe { Module::load(ctx.clone(), &self.0) }
    }
}
