export { apps } from './deploy/ecosystem.config.js';
