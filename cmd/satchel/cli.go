package main

// cli is the command line.
type cli struct {
	Data string `help:"Data directory, satchel-data if not given." default:"satchel-data" env:"SATCHEL_DATA" placeholder:"DIR"`
	// A URL may hold a password: it is better given in the environment, which other users cannot see.
	Database string    `help:"PostgreSQL database in the place of the one in the data directory. Give it in the environment if it holds a password." env:"SATCHEL_DATABASE" placeholder:"URL"`
	Blobs    blobFlags `embed:""`
	As       string    `help:"Login of the administrator in whose name to decide; may be left out where there is only one." env:"SATCHEL_AS" placeholder:"LOGIN"`
	JSON     bool      `help:"Print JSON, for scripts." name:"json"`

	Serve      serveCmd      `cmd:"" help:"Run the server."`
	TLS        tlsCmd        `cmd:"" name:"tls" help:"A certificate authority of the office's own, where there is no public domain: make, show."`
	Demo       demoCmd       `cmd:"" help:"Play the reference programme on a server of its own."`
	User       userCmd       `cmd:"" help:"People: add, list, change."`
	Device     deviceCmd     `cmd:"" help:"Devices: invite, list, change areas, revoke."`
	Import     importCmd     `cmd:"" help:"Import records from XLSX or CSV."`
	Export     exportCmd     `cmd:"" help:"Export a collection as CSV, XLSX or GeoJSON."`
	Feed       feedCmd       `cmd:"" help:"Tokens by which Excel, Power BI and other programs read: add, list, revoke."`
	Household  householdCmd  `cmd:"" help:"Households: show what a family is due and received."`
	Indicator  indicatorCmd  `cmd:"" help:"What the programme counts: indicators and targets."`
	Report     reportCmd     `cmd:"" help:"The programme's figures: table, logframe, shares, restatements."`
	Duplicates duplicatesCmd `cmd:"" help:"Households that are one family: merge, unmerge, measure how well they are found."`
	Conflict   conflictCmd   `cmd:"" help:"Conflicts: list, show, settle, undo."`
	Review     reviewCmd     `cmd:"" help:"Reviews of what was recorded: list, show, decide, reopen, assign."`
	Held       heldCmd       `cmd:"" help:"Held changes: list, apply, discard."`
	History    historyCmd    `cmd:"" help:"Show who changed what of a record."`
	Rescue     rescueCmd     `cmd:"" help:"Take in the rescue file of a device that cannot come itself."`
	Proofs     proofsCmd     `cmd:"" help:"Photos and signatures: check."`
	Audit      auditCmd      `cmd:"" help:"The audit log: verify."`
	Backup     backupCmd     `cmd:"" help:"Copy the database, while the server runs."`
	Restore    restoreCmd    `cmd:"" help:"Put a backup in the place of the database."`
	Move       moveCmd       `cmd:"" name:"migrate-store" help:"Move everything to another database, such as PostgreSQL."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}
