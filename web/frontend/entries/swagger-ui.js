// The page of the REST API: what the OpenAPI document says, to read and to try.
import "swagger-ui-dist/swagger-ui.css";

export { default as SwaggerUI } from "swagger-ui-dist/swagger-ui-es-bundle.js";
