//! Users change their own passwords: the hash goes into the file, as if an administrator had set it.

use causeway_auth::own_password::Change as NewPassword;
use causeway_config::Component;
use causeway_config::edit::{Change, Label};
use causeway_config::history::PASSWORDS;
use causeway_serve::passwords::Wanted;

use super::Server;

impl Server {
    pub(super) async fn set_password(&mut self, wanted: Wanted) {
        if wanted.answer.is_closed() {
            // Its session has ended without an answer.
            return;
        }
        let done = self.try_set_password(&wanted.change).await;
        let _ = wanted.answer.send(done);
    }

    async fn try_set_password(&mut self, new: &NewPassword) -> Result<(), String> {
        if self.files_are_ahead() {
            return Err("the file of the configuration holds changes that are not applied".to_owned());
        }
        let account = self.running.config.accounts.get(&new.account).and_then(Component::live);
        if account.and_then(|a| a.password.text()).is_none_or(|text| *text != new.before) {
            return Err("the password was changed by somebody else meanwhile".to_owned());
        }
        let section = Label::new("accounts", Some(&new.account));
        if !self.steward.is_in_file(&self.running.sources, &section, "password", &new.before) {
            return Err("the password is kept outside of server.ini".to_owned());
        }
        let now = self.shared.clock.now().seconds().to_string();
        let set = |option: &str, value: &str| Change::Set {
            section: section.clone(),
            option: option.to_owned(),
            value: value.to_owned(),
        };
        let changes = [set("password", &new.hash), set("last_password_update", &now)];
        let (running, steward) = (&self.running, &self.steward);
        let plan =
            tokio::task::block_in_place(|| steward.plan(&running.sources, Some(running), &changes, false));
        let plan = plan.map_err(|refusal| refusal.to_string())?;
        let by = format!("account {}", new.name);
        self.carry_out_as_it_is(plan, &by, PASSWORDS).await.map(drop).map_err(|refusal| refusal.to_string())
    }
}
