// RxDB's server with a replication endpoint "records", on the storage that is free for a server: memory.
'use strict';

const express = require('express');
const { createRxDatabase } = require('rxdb/plugins/core');
const { getRxStorageMemory } = require('rxdb/plugins/storage-memory');
const { createRxServer } = require('rxdb-server/plugins/server');
const { RxServerAdapterExpress, HTTP_SERVER_BY_EXPRESS } = require('rxdb-server/plugins/adapter-express');

const version = (name) => require(`${name}/package.json`).version;

async function main() {
  const database = await createRxDatabase({ name: 'bench', storage: getRxStorageMemory() });
  const { records } = await database.addCollections({
    records: {
      schema: {
        version: 0,
        primaryKey: 'id',
        type: 'object',
        properties: {
          id: { type: 'string', maxLength: 36 },
          doc: { type: 'object', additionalProperties: true },
        },
      },
    },
  });

  // The adapter's own application refuses bodies over 100 kB, which a batch of 1,000 records is.
  const serverApp = express();
  serverApp.use(express.json({ limit: '64mb' }));
  const server = await createRxServer({
    database, serverApp, adapter: RxServerAdapterExpress, hostname: '127.0.0.1', port: 0,
  });
  server.addReplicationEndpoint({ name: 'records', collection: records });
  await server.start();

  process.on('SIGTERM', () => process.exit(0));
  const what = `rxdb-server ${version('rxdb-server')} with RxDB ${version('rxdb')} in memory`;
  console.log(`${what} listens on 127.0.0.1:${HTTP_SERVER_BY_EXPRESS.get(serverApp).address().port}`);
}

main();
