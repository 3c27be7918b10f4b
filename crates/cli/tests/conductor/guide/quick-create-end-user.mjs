import Conductor from "conductor-node";
const conductor = new Conductor("{{YOUR_SECRET_KEY}}");

// Replace these placeholders with your own values.
const endUser = await conductor.endUsers.create({
  sourceId: "{{UNIQUE_ID_FROM_YOUR_DB}}",
  email: "{{END_USER_EMAIL}}",
  companyName: "{{END_USER_COMPANY_NAME}}",
});
console.log("Save this EndUser ID to auth future requests:", endUser.id);
