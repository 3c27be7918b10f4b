class OAuthIntegration {
constructor(apiKey, partnerId) {
this.apiKey = apiKey;
this.partnerId = partnerId;
this.baseUrl = 'https://api.iconustech.com/v1';
}
// Step 1: Get authorization URL
getAuthUrl(platform, redirectUri) {
const params = new URLSearchParams({
platform,
partnerId: this.partnerId,
redirectUri: redirectUri || `${window.location.origin}/oauth/callback`,
});
return `${this.baseUrl}/oauth/authorize?${params}`;
}
// Step 2: Exchange code for tokens
async exchangeCode(code, platform) {
const response = await fetch(`${this.baseUrl}/oauth/token`, {
method: 'POST',
headers: {
'Content-Type': 'application/json',
'x-api-key': this.apiKey,
},
body: JSON.stringify({
code,
platform,
partnerId: this.partnerId,
}),
});
return response.json();
}
// Step 3: Sync checks from platform
async syncChecks(platform) {
const response = await fetch(
`${this.baseUrl}/oauth/${platform}/sync`,
{
method: 'POST',
headers: {
'x-api-key': this.apiKey,
},
}
);
return response.json();
}
}
