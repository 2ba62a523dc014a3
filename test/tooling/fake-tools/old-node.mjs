// Makes the launcher believe that it runs on an old Node.js.
Object.defineProperty(process, 'version', { value: 'v20.11.0' });
