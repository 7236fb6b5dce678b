// Hosts that tell no inodes: a transaction that dies at operation n is finished there by the same sentences.
import '../support/no-inodes.js';
import './transaction-recover.test.js';
