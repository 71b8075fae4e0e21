// Where the upload page keeps the handles of files whose upload is under way.
export { createStore, del, get, set } from "idb-keyval";
