// A CouchDB-protocol server that keeps its databases in LevelDB, in a directory: node couchdb.js DIR.
'use strict';

const path = require('node:path');
const express = require('express');
const pouchdbServer = require('express-pouchdb');
const PouchDB = require('pouchdb-core').plugin(require('pouchdb-adapter-leveldb'));

const version = (name) => require(`${name}/package.json`).version;

// This mode has all that a client needs to replicate. The full one also has a log, accounts and design documents,
// which cost time and are not measured.
const app = express();
app.use(pouchdbServer(
  PouchDB.defaults({ adapter: 'leveldb', prefix: process.argv[2] + path.sep }),
  { mode: 'minimumForPouchDB' },
));

process.on('SIGTERM', () => process.exit(0));
const server = app.listen(0, '127.0.0.1', () => {
  const what = `express-pouchdb ${version('express-pouchdb')} with PouchDB ${version('pouchdb-core')} in LevelDB`;
  console.log(`${what} listens on 127.0.0.1:${server.address().port}`);
});
