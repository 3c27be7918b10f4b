import Conductor from "conductor-node";
const conductor = new Conductor("{{YOUR_SECRET_KEY}}");

// Replace the placeholders with your actual data.
const endUser = await conductor.endUsers.create({
  sourceId: "{{UNIQUE_ID_FROM_YOUR_DB}}",
  email: "{{END_USER_EMAIL}}",
  companyName: "{{END_USER_COMPANY_NAME}}",
});

// Save the EndUser ID to your database.
await db.users.update({
  conductorEndUserId: endUser.id,
});
