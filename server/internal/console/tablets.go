package console

// board is the tablets that a coordinator looks after.
func (c *Console) board(v *Visit) error {
	devices, err := c.Accounts.Devices(v.ctx(), v.User().ID)
	if err != nil {
		return err
	}
	return v.page("tablets/board", devices)
}
