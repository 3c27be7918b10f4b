try {
  // Ping to check the connection status.
  await conductor.endUsers.ping("{{END_USER_ID}}", "quickbooks_desktop");
  updateUI("QuickBooks Desktop is successfully connected!");
} catch (error) {
  if (error instanceof ConductorIntegrationConnectionError) {
    if (error.code === "INTEGRATION_CONNECTION_NOT_SET_UP") {
      // Initiate an AuthSession if the user never started or completed the auth flow.
      const authSession = await conductor.authSessions.create({
        publishableKey: "{{YOUR_PUBLISHABLE_KEY}}",
        endUserId: "{{END_USER_ID}}",
      });
      updateUI("Set up your QuickBooks Desktop connection: " + authSession.authFlowUrl);
    } else {
      // Display connection errors for your user to resolve.
      updateUI("An error occurred: " + error.userFacingMessage);
    }
  } else {
    throw error;
  }
}
