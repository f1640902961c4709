// Dynamic routes once more, with what is kept in PostgreSQL.

import { Postgres } from './postgres.mjs';

process.env.TEST_DATABASE = (await Postgres.start()).url;
await import('./admin_routes.test.mjs');
