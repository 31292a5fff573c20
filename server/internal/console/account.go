package console

import "satchel/syncproto"

// account shows who is logged in what the office knows of them.
func (c *Console) account(v *Visit) error { return v.page("account", nil) }

// changePassword changes the password of who is logged in, and logs them in anew: all their sessions have ended.
func (c *Console) changePassword(v *Visit) error {
	u := v.User()
	next, err := v.newPassword()
	if err == nil {
		err = c.Accounts.ChangeOwnPassword(v.ctx(), u, v.Request.FormValue("present_password"), next)
	}
	if err != nil {
		return v.again(err, "account", nil)
	}
	s, err := c.Accounts.Login(v.ctx(), u.Login, next)
	if err != nil {
		return err
	}
	c.remember(v, s)
	return v.goTo("/account", "password_changed")
}

// newPassword reads a password that a form has twice.
func (v *Visit) newPassword() (string, error) {
	password := v.Request.FormValue("password")
	if password != v.Request.FormValue("password_again") {
		return "", syncproto.Refuse(syncproto.CodeInvalid, "The two passwords differ. Nothing was changed.")
	}
	return password, nil
}
