//! AWS's prices in US dollars, for us-east-1, on demand and without free allowances, as published in November 2025 on the pricing pages
//! of each service. Other regions cost up to half more.

/// API Gateway, HTTP API: a million requests (aws.amazon.com/api-gateway/pricing).
pub(super) const GATEWAY_PER_MILLION: f64 = 1.00;
/// Lambda: a million invocations (aws.amazon.com/lambda/pricing).
pub(super) const INVOCATIONS_PER_MILLION: f64 = 0.20;
/// Lambda on arm64: a gigabyte of memory for a second.
pub(super) const GB_SECOND: f64 = 0.000_013_333_4;
/// `DynamoDB` on demand: a million read request units (aws.amazon.com/dynamodb/pricing/on-demand).
pub(super) const READ_UNITS_PER_MILLION: f64 = 0.125;
/// `DynamoDB` on demand: a million write request units.
pub(super) const WRITE_UNITS_PER_MILLION: f64 = 0.625;
/// `DynamoDB` provisioned: a read capacity unit for an hour (aws.amazon.com/dynamodb/pricing/provisioned).
pub(super) const READ_CAPACITY_HOUR: f64 = 0.000_13;
/// `DynamoDB` provisioned: a write capacity unit for an hour.
pub(super) const WRITE_CAPACITY_HOUR: f64 = 0.000_65;
/// `DynamoDB`: a gigabyte kept for a month.
pub(super) const TABLE_GB: f64 = 0.25;
/// `DynamoDB`, point-in-time recovery: a gigabyte of table for a month.
pub(super) const BACKUP_GB: f64 = 0.20;
/// `CloudWatch` Logs: a gigabyte taken in (aws.amazon.com/cloudwatch/pricing). Keeping it for 30 days is a fiftieth of that.
pub(super) const LOGS_GB: f64 = 0.50;
/// `CloudWatch` Logs: a gigabyte, compressed to about a sixth, kept for a month.
pub(super) const LOGS_KEPT_GB: f64 = 0.03 / 6.0;
/// `CloudWatch`: a custom metric for a month.
pub(super) const METRIC: f64 = 0.30;
/// `CloudWatch`: a metric of an alarm for a month.
pub(super) const ALARM_METRIC: f64 = 0.10;
/// `CloudWatch`: a dashboard for a month.
pub(super) const DASHBOARD: f64 = 3.00;
/// Secrets Manager: a secret for a month (aws.amazon.com/secrets-manager/pricing).
pub(super) const SECRET: f64 = 0.40;
/// Secrets Manager: a million requests; the price is per ten thousand.
pub(super) const SECRET_READS_PER_MILLION: f64 = 5.00;
/// SQS, a standard queue: a million requests (aws.amazon.com/sqs/pricing).
pub(super) const QUEUE_PER_MILLION: f64 = 0.40;
/// A gigabyte sent to the internet (aws.amazon.com/ec2/pricing/on-demand, data transfer).
pub(super) const SENT_GB: f64 = 0.09;
